// Needed by outer.c's library, found beside it through $ORIGIN.
#include <stdint.h>

static uint64_t *known;

static void count(int number) { __atomic_fetch_add(&known[number], 1, __ATOMIC_SEQ_CST); }
#define mark(number) count(number)

__attribute__((noinline)) static void worked_inside(void) { mark(42); }

void inner_work(uint64_t *tally, int rounds) {
  known = tally;
  for (int i = 0; i < rounds; i++) worked_inside();
}
