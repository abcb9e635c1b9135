// Opened with RTLD_DEEPBIND: what it calls is libc's own, not ours.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void handler(int number) { dprintf(1, "deep handler %d\n", number); }

int run(void) {
  struct sigaction old;
  signal(SIGUSR2, handler);
  sigaction(SIGUSR2, NULL, &old);
  raise(SIGUSR2);
  signal(SIGUSR2, SIG_DFL);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    raise(SIGUSR2);
    _exit(1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  printf("deep: mine %d, child %x, system %x\n", old.sa_handler == handler, status, system("exit 9"));
  return 11;
}
