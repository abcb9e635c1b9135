// Timing under a conductor: bench.py runs two or more of these programs, one per way of recording, and
// lets them do a few operations each in turn. All of them so see the same minutes of the machine.
#ifndef PACE_H
#define PACE_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PACE_MAX 4096

#ifndef PACE_CLOCK
#define PACE_CLOCK CLOCK_MONOTONIC
#endif

static inline long pace_now(void) {
  struct timespec t;
  clock_gettime(PACE_CLOCK, &t);
  return t.tv_sec * 1000000000L + t.tv_nsec;
}

// For each number on stdin: that many operations, then their times in nanoseconds on one line. What is
// done before and after each is not timed.
static inline int pace_between(void (*before)(void *), void (*operation)(void *), void (*after)(void *),
                               void *state) {
  static long times[PACE_MAX];
  int count;
  while (scanf("%d", &count) == 1) {
    if (count < 1 || count > PACE_MAX) return 2;
    for (int i = 0; i < count; i++) {
      if (before != NULL) before(state);
      long begin = pace_now();
      operation(state);
      times[i] = pace_now() - begin;
      if (after != NULL) after(state);
    }
    for (int i = 0; i < count; i++) printf("%ld ", times[i]);
    printf("\n");
    fflush(stdout);
  }
  return 0;
}

static inline int pace(void (*operation)(void *), void *state) {
  return pace_between(NULL, operation, NULL, state);
}

#endif
