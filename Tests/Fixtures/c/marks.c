// The marked lines. The table finds them by `mark(<number>)`, a number is used on one line only.
#include "fixture.h"

NOINLINE void entry(void) { mark(0); }
NOINLINE void before(void) { mark(1); }
NOINLINE void after(void) { mark(2); }
NOINLINE void child(void) { mark(3); }
NOINLINE void grandchild(void) { mark(4); }
NOINLINE void handled(void) { mark(5); }
NOINLINE void jumped(void) { mark(6); }
NOINLINE void in_thread(void) { mark(7); }
NOINLINE void at_end(void) { mark(8); }
NOINLINE void destroyed(void) { mark(9); }
NOINLINE void again(void) { mark(10); }
NOINLINE void parent_goes_on(void) { mark(11); }
NOINLINE void at_quick(void) { mark(12); }
NOINLINE void never(void) { mark(13); }
NOINLINE void survivor(void) { mark(14); }
NOINLINE void worker(void) { mark(15); }

// One a thread: plain increments of a shared counter would lose counts, shim or not.
NOINLINE static void thread_0(void) { mark(20); }
NOINLINE static void thread_1(void) { mark(21); }
NOINLINE static void thread_2(void) { mark(22); }
NOINLINE static void thread_3(void) { mark(23); }
NOINLINE static void thread_4(void) { mark(24); }
NOINLINE static void thread_5(void) { mark(25); }
NOINLINE static void thread_6(void) { mark(26); }
NOINLINE static void thread_7(void) { mark(27); }

void in_thread_number(int number) {
  static void (*const functions[8])(void) = {thread_0, thread_1, thread_2, thread_3,
                                             thread_4, thread_5, thread_6, thread_7};
  functions[number & 7]();
}

__attribute__((destructor)) static void destructor(void) {
  if (tally) destroyed();
}
