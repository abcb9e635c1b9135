// Counts once, and then ends as its first argument says. It is built without --coverage: how a process ends
// changes no count.
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int count(void);
pid_t __gcov_fork(void);

int main(int arguments, char **words) {
  const char *way = arguments > 1 ? words[1] : "";
  if (count() == 0) return 99;
  if (!strcmp(way, "kill")) kill(getpid(), SIGKILL);
  if (!strcmp(way, "_exit")) _exit(3);
  if (!strcmp(way, "fork")) { // all once more in the child
    int status;
    pid_t child = __gcov_fork(); // as clang makes of fork()
    if (child == 0) {
      count();
      kill(getpid(), SIGKILL);
    }
    waitpid(child, &status, 0);
  }
  return 0;
}
