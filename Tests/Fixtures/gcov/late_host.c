// Loads the library of argument 1, and ends as argument 2 says.
#include <dlfcn.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
  void *library = argc > 2 ? dlopen(argv[1], RTLD_NOW) : NULL;
  if (!library) return 1;
  int (*plugged)(int) = (int (*)(int))dlsym(library, "plugged");
  int (*forks)(void) = (int (*)(void))dlsym(library, "forks");
  for (int i = 0; i < 5; i++) plugged(i);
  if (strcmp(argv[2], "fork") == 0) forks();
  if (strcmp(argv[2], "kill") == 0) raise(SIGKILL);
  if (strcmp(argv[2], "_exit") == 0) _exit(3);
  return 2;
}
