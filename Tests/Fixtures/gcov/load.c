// Loads the library of argument 1 and calls its function.
#include <dlfcn.h>
#include <stddef.h>

int main(int argc, char **argv) {
  void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
  int (*function)(int) = library ? (int (*)(int))dlsym(library, "plugged") : NULL;
  return function ? function(2) : 1;
}
