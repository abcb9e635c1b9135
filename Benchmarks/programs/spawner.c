// spawner PROGRAM [ARGUMENT...]: the time of posix_spawn and wait, at the pace of pace.h. Not
// instrumented; under the shim like any parent in a recorded tree, so that it announces its children.
#include "pace.h"

#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

static void spawn_and_wait(void *state) {
  char **argv = state;
  pid_t child;
  int status;
  if (posix_spawn(&child, argv[0], NULL, NULL, argv, environ) != 0 ||
      waitpid(child, &status, 0) != child || status != 0) {
    fprintf(stderr, "spawner: %s failed\n", argv[0]);
    exit(1);
  }
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  return pace(spawn_and_wait, argv + 1);
}
