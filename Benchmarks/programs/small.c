// A program with a few counters: they share one page with its other data.
//   small        ends at once
//   small fork   forks at the pace of pace.h
#include "fork_loop.h"

int main(int argc, char **argv) {
  if (argc > 1 && argv[1][0] == 'f') return pace(fork_and_wait, NULL);
  return 0;
}
