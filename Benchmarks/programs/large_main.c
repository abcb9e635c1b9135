// A program with 25,000 functions (programs.py writes the rest of it), of which a run enters 2,000.
//   large FIRST   runs the functions from number FIRST on
//   large fork    forks at the pace of pace.h, after it ran all of them
//   large hold    runs, says so on stdout, and waits for the end of stdin
#include "fork_loop.h"

#include <string.h>

#define ENTERED 2000

extern int (*const functions[])(int);
extern const int functions_count;

static volatile int sink;

static void run(int first, int count) {
  for (int i = 0; i < count; i++) sink += functions[(first + i) % functions_count](i);
}

int main(int argc, char **argv) {
  const char *how = argc > 1 ? argv[1] : "0";
  if (strcmp(how, "fork") == 0) {
    run(0, functions_count);
    return pace(fork_and_wait, NULL);
  }
  if (strcmp(how, "hold") == 0) {
    run(0, ENTERED);
    printf("ready\n");
    fflush(stdout);
    return getchar() == EOF ? 0 : 1;
  }
  run(atoi(how), ENTERED);
  return 0;
}
