// Loads a library into a namespace of its own, and returns what its function part() makes of 2.
#define _GNU_SOURCE
#include <dlfcn.h>

int main(int count, char **arguments) {
  void *library = count > 1 ? dlmopen(LM_ID_NEWLM, arguments[1], RTLD_NOW) : 0;
  int (*part)(int) = library != 0 ? (int (*)(int))dlsym(library, "part") : 0;
  return part != 0 ? part(2) : 9;
}
