// Speaks with libgcov itself: the argument says what about.
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern void __gcov_dump(void);
#ifdef RESETS
extern void __gcov_reset(void);
#else
#define __gcov_reset() (void)0
#endif

static volatile int work;

__attribute__((noinline)) static void early(void) { work++; } // line "early"
__attribute__((noinline)) static void late(void) { work++; }  // line "late"

static void dump(int number) {
  (void)number;
  __gcov_dump();
}

static void in_child(void) {
  pid_t child = fork();
  if (child == 0) {
    __gcov_reset();
    late();
    __gcov_dump();
    _exit(0);
  }
  waitpid(child, NULL, 0);
  late();
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  signal(SIGUSR1, dump);
  early();
  if (strncmp(what, "reset", 5) == 0) {
    __gcov_reset();
    late();
  }
  if (strcmp(what, "reset-kill") == 0) raise(SIGKILL);
  if (strcmp(what, "reset-dump") == 0) {
    __gcov_dump();
    late();
  }
  if (strcmp(what, "fork") == 0) in_child();
  if (strcmp(what, "service") == 0) {
    raise(SIGUSR1);
    late();
    raise(SIGKILL);
  }
  return 0;
}
