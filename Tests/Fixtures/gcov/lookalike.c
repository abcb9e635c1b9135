// Constructors that look like those of clang's --coverage, and are none: each calls a function with two others, of
// which the first tells of a file and of counters that can't be. All of them must run.
#include <stdio.h>

#define APART __attribute__((noinline))

static volatile int told;
static unsigned long data[8];

APART static void start(const char *name, unsigned version, unsigned stamp) {
  told += name[0] + (int)(version + stamp);
}
APART static void function(unsigned ident, unsigned lines, unsigned graph) {
  told += (int)(ident + lines + graph);
}
APART static void arcs(unsigned count, unsigned long *values) { told += (int)count + (values != 0); }
APART static void summary(void) { told += 1; }
APART static void end(void) { told += 2; }
APART static void reset(void) { told = 0; }

#define VERSION 0x3430382au // of clang 14

typedef void writer(void);
static writer *volatile kept[16];
static volatile int count;

APART static void keep(writer *write, writer *clear) {
  kept[count] = write;
  count = count + (clear != 0);
}

#define LOOKS(name, file, version, number, counters)            \
  APART static void name(void) {                                \
    start(file, version, 7);                                    \
    function(1, 2, 3);                                          \
    arcs(number, counters);                                     \
    summary();                                                  \
    end();                                                      \
  }                                                             \
  __attribute__((constructor)) static void init_##name(void) { keep(name, reset); }

int main(void);
LOOKS(outside, "outside.gcda", VERSION, 4, (unsigned long *)0x10)
LOOKS(behind, "behind.gcda", VERSION, 0x10000000, data)
LOOKS(none, "none.gcda", VERSION, 0, data)
LOOKS(odd, "odd.gcda", VERSION, 2, (unsigned long *)(void *)((char *)data + 1))
LOOKS(code, "code.gcda", VERSION, 2, (unsigned long *)(void *)main)
LOOKS(other, "other.profile", VERSION, 2, data)
LOOKS(version, "version.gcda", 0x4339392au, 2, data)

APART static void unended(void) {
  start("unended.gcda", VERSION, 7);
  function(1, 2, 3);
  arcs(2, data);
}
__attribute__((constructor)) static void init_unended(void) { keep(unended, reset); }

APART static void endless(void) {
  start("endless.gcda", VERSION, 7);
  for (;;) {
    function(1, 2, 3);
    arcs(2, data);
  }
}
__attribute__((constructor)) static void init_endless(void) { keep(endless, reset); }

APART static void again(void) {
  for (;;) start("again.gcda", VERSION, 7);
}
__attribute__((constructor)) static void init_again(void) { keep(again, reset); }

int main(void) {
  printf("%d kept\n", count);
  for (int i = 0; i < count; i++)
    if (kept[i] != endless && kept[i] != again) kept[i]();
  printf("%d\n", told);
  return 9;
}
