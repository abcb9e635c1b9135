// A library of marked lines. Its counters are its own: it has its own copy of the tally's address.
#include <stdint.h>

extern void inner_work(uint64_t *tally, int rounds);

static uint64_t *known;

static void count(int number) { __atomic_fetch_add(&known[number], 1, __ATOMIC_SEQ_CST); }
#define mark(number) count(number)

__attribute__((noinline)) static void worked(void) { mark(40); }
__attribute__((noinline)) static void closed(void) { mark(41); }

void outer_work(uint64_t *tally, int rounds) {
  known = tally;
  for (int i = 0; i < rounds; i++) worked();
  inner_work(tally, rounds * 2);
}

__attribute__((destructor)) static void unload(void) {
  if (known) closed();
}
