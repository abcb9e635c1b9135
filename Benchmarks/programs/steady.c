// Counters and nothing else: a loop of calls and branches, one operation of a third of a second
// per round at the pace of pace.h. Every step stores to several counters. CPU time, for others use the
// machine too.
#define PACE_CLOCK CLOCK_PROCESS_CPUTIME_ID
#include "pace.h"

#define NUMBERS 1500000

static volatile unsigned sink;

__attribute__((noinline)) static unsigned collatz(unsigned n) {
  unsigned steps = 0;
  while (n != 1 && steps < 40) {
    if (n % 2 == 0) n /= 2;
    else n = 3 * n + 1;
    steps++;
  }
  return steps;
}

static void work(void *state) {
  (void)state;
  unsigned sum = 0;
  for (unsigned i = 1; i < NUMBERS; i++) sum += collatz(i);
  sink = sum;
}

int main(void) {
  return pace(work, NULL);
}
