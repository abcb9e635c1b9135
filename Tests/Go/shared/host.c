// Loads a library with Go inside, uses it, and dies.
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>

int main(int count, char **words) {
  void *library = count > 1 ? dlopen(words[1], RTLD_NOW) : NULL;
  int (*twice)(int) = library != NULL ? (int (*)(int))dlsym(library, "Twice") : NULL;
  if (twice == NULL) return 1;
  printf("%d\n", twice(21));
  fflush(stdout);
  raise(SIGKILL);
}
