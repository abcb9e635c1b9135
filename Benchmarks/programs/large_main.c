// A program with 25,000 functions (programs.py writes the rest of it), of which a run enters 2,000.
//   large FIRST   runs the functions from number FIRST on
//   large fork    forks at the pace of pace.h, after it ran all of them
//   large children   forks eight times between parts of what it runs, and each child runs the next part too
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

static void run_with_children(int parts) {
  for (int part = 0; part < parts; part++) {
    pid_t child = fork();
    run(part * ENTERED / parts, ENTERED / parts);
    if (child == 0) _exit(0);
    if (child < 0 || waitpid(child, NULL, 0) != child) exit(1);
  }
}

int main(int argc, char **argv) {
  const char *how = argc > 1 ? argv[1] : "0";
  if (strcmp(how, "fork") == 0) {
    run(0, functions_count);
    return pace(fork_and_wait, NULL);
  }
  if (strcmp(how, "children") == 0) {
    run_with_children(8);
    return 0;
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
