// A library of two units (late_more.c is the other), whose constructor has counted, and more, when it is met.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined DUMPS
extern void __gcov_dump(void);
#define FIRST() __gcov_dump()
#elif defined RESETS
extern void __gcov_reset(void);
#define FIRST() __gcov_reset()
#else
#define FIRST() (void)0
#endif

int other(int n);

__attribute__((constructor)) static void begin(void) {
  other(1);
  FIRST();
}

int plugged(int n) { return other(n) + 1; } // line "plugged"

// Compilers put a function of their own in the place of fork, which clears what their runtime knows of.
int forks(void) {
  int status;
  pid_t child = fork();
  if (child == 0) {
    for (int i = 0; i < 3; i++) plugged(i);
    raise(SIGKILL);
  }
  waitpid(child, &status, 0);
  return plugged(status);
}
