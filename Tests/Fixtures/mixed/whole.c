// A program with a library that it is linked with and one that it loads; parent and child are killed.
#include <dlfcn.h>
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

extern int linked(int n);

__attribute__((noinline)) static int own(int n) { return n + 1; } // 6

static int work(int n, int (*loaded)(int)) {
  for (int i = 0; i < 3; i++) n = own(n);
  return linked(n) + loaded(n) + loaded(n);
}

int main(int argc, char **argv) {
  void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
  int (*loaded)(int) = library ? (int (*)(int))dlsym(library, "loaded") : NULL;
  if (loaded == NULL) return 1;
  pid_t child = fork();
  work(1, loaded);
  if (child == 0) raise(SIGKILL);
  waitpid(child, NULL, 0);
  return raise(SIGKILL);
}
