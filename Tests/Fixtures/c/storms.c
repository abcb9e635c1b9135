// Many processes at once, and deaths at any instant.
#include "fixture.h"
#include <spawn.h>
#include <time.h>

#define END(name) static int name(const struct context *context)

extern char **environ;

static int rounds(const struct context *context, int otherwise) {
  return context->argument ? atoi(context->argument) : otherwise;
}

static void ends_in_turn(const struct context *context, int turn) {
  times(child, turn % 7 + 1);
  switch (turn % 6) {
    case 0:
      _exit(0);
    case 1:
      raise(SIGKILL);
      break;
    case 2:
      exit(0);
    case 3:
      raise(SIGTERM);
      break;
    case 4:
      execl(SELF, context->argv[0], context->argv[1], "again", (char *)NULL);
      break;
    default:
      abort();
  }
}

// Several parents fork at the same time; every child ends another way.
END(fork_storm) {
  int count = rounds(context, 25);
  struct {
    int at;
  } turn = {0};
  for (int parent = 0; parent < 8; parent++)
    if (fork() == 0) {
      for (turn.at = 0; turn.at < count; turn.at++)
        if (fork() == 0) ends_in_turn(context, turn.at + parent);
      int status;
      while (wait(&status) > 0) continue;
      grandchild();
      raise(SIGKILL);
    }
  reap_all("storm");
  parent_goes_on();
  return 0;
}

// The same by posix_spawn: every child is a new program.
END(spawn_storm) {
  int count = rounds(context, 100);
  for (int i = 0; i < count; i++) {
    char *argv[] = {context->argv[0], context->argv[1], (char *)"again",
                    (char *)(i % 2 ? "kill" : NULL), NULL};
    pid_t pid;
    if (posix_spawn(&pid, SELF, NULL, NULL, argv, environ)) fail("posix_spawn");
    if (i % 8 == 7)
      while (waitpid(-1, NULL, WNOHANG) > 0) continue;
  }
  int status, count_reaped = 0;
  while (wait(&status) > 0) count_reaped++;
  parent_goes_on();
  return count_reaped > 0 ? 0 : 1;
}

static void counts_forever(void) {
  for (;;) {
    about_to(15);
    worker();
  }
}

END(counts) {
  (void)context;
  counts_forever();
  return 0;
}

static uint32_t seed = 12345;
static void random_pause(uint32_t most) {
  seed = seed * 1664525u + 1013904223u;
  struct timespec pause_time = {0, (long)(seed >> 8) % (long)most};
  nanosleep(&pause_time, NULL);
}

// Stops the victim where it is, and lets it go on where it is just between the compiler's counter
// and its own: dead, it has then counted exactly what it says.
static void kill_exactly(pid_t pid) {
  int status;
  for (;;) {
    kill(pid, SIGSTOP);
    if (waitpid(pid, &status, WUNTRACED) < 0 || !WIFSTOPPED(status)) return;
    if (about_of(15) == tally_of(15)) break;
    kill(pid, SIGCONT);
    random_pause(20000);
  }
  kill(pid, SIGKILL);
  waitpid(pid, &status, 0);
}

// Children by fork, killed at random instants from their first on: sums are exact.
END(random_kills) {
  int count = rounds(context, 1000);
  for (int i = 0; i < count; i++) {
    pid_t pid = fork();
    if (pid == 0) counts_forever();
    random_pause(400000);
    kill_exactly(pid);
  }
  parent_goes_on();
  return 0;
}

// Killed without being asked: the sum lies between the two tallies, at most one a victim apart.
END(random_blunt_kills) {
  int count = rounds(context, 500), status;
  for (int i = 0; i < count; i++) {
    pid_t pid = fork();
    if (pid == 0) counts_forever();
    random_pause(300000);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
  }
  parent_goes_on();
  return 0;
}

// New programs, killed from before their first instruction on.
END(random_spawn_kills) {
  int count = rounds(context, 300);
  char *argv[] = {context->argv[0], context->argv[1], (char *)"counts", NULL};
  for (int i = 0; i < count; i++) {
    pid_t pid;
    if (posix_spawn(&pid, SELF, NULL, NULL, argv, environ)) fail("posix_spawn");
    random_pause(3000000);
    kill_exactly(pid);
  }
  parent_goes_on();
  return 0;
}

const struct death storm_deaths[] = {
    {"fork-storm", fork_storm},
    {"spawn-storm", spawn_storm},
    {"counts", counts},
    {"random-kills", random_kills},
    {"random-blunt-kills", random_blunt_kills},
    {"random-spawn-kills", random_spawn_kills},
    {NULL, NULL},
};
