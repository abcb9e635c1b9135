// A small program of which the argument says how it ends.
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef PARTS
int part(int x);
#else
static int part(int x) { return x; }
#endif

__attribute__((noinline)) static int work(int x) {
  return x + 1;  // line "work"
}

static void *fork_deep(void *unused) {
  volatile char room[200 << 10];
  memset((char *)room, 1, sizeof room);
  if (fork() == 0) {
    work(room[0]);
    _exit(0);
  }
  wait(NULL);
  return unused;
}

int main(int count, char **arguments) {
  const char *how = count > 1 ? arguments[1] : "";
  work(0);
  for (int i = 0; i < 3; i++) part(i);
  if (strcmp(how, "kill") == 0) raise(SIGKILL);
  if (strcmp(how, "_exit") == 0) _exit(0);
  if (strcmp(how, "variable") == 0) puts(getenv("LLVM_PROFILE_FILE") != NULL ? "set" : "unset");
  if (strcmp(how, "deep") == 0) {
    pthread_t thread;
    pthread_create(&thread, NULL, fork_deep, NULL);
    pthread_join(thread, NULL);
  }
  return 0;
}
