// Loads a library again and again while threads run: rounds.c LIBRARY ROUNDS. Ends with SIGKILL.
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static void *idle(void *unused) {
  for (;;) free(malloc(100));
  return unused;
}

int main(int argc, char **argv) {
  pthread_t thread;
  int rounds = argc > 2 ? atoi(argv[2]) : 0, bad = 0;
  pthread_create(&thread, NULL, idle, NULL);
  for (int i = 0; i < rounds; i++) {
    void *library = dlopen(argv[1], RTLD_NOW);
    long (*missing)(void) = library ? (long (*)(void))dlsym(library, "missing") : NULL;
    if (missing == NULL || missing() != 0) bad++;
    if (library != NULL) dlclose(library);
  }
  printf("%d rounds, %d bad\n", rounds, bad); // line "end"
  fflush(stdout);
  return raise(SIGKILL);
}
