// The time of fork, exit of the child, and wait, by an instrumented program.
#ifndef FORK_LOOP_H
#define FORK_LOOP_H

#include "pace.h"

#include <sys/wait.h>
#include <unistd.h>

static void fork_and_wait(void *state) {
  (void)state;
  int status;
  pid_t child = fork();
  if (child == 0) _exit(0);
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0) exit(1);
}

#endif
