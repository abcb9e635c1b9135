// Threads that all fork: forkers THREADS FORKS. Prints how often its own threads were switched, and the time.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int forks;

static int child(int round) { return round % 3 == 0 ? 1 : 0; }

static void *run(void *none) {
  for (int i = 0; i < forks; i++) {
    pid_t pid = fork();
    if (pid == 0) _exit(child(i));
    if (pid > 0) waitpid(pid, NULL, 0);
  }
  return none;
}

int main(int argc, char *argv[]) {
  struct timespec began, ended;
  struct rusage usage;
  pthread_attr_t small;
  int threads = argc > 2 ? atoi(argv[1]) : 1;
  forks = argc > 2 ? atoi(argv[2]) : 1;
  pthread_t *thread = calloc((size_t)threads, sizeof *thread);
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 65536);
  clock_gettime(CLOCK_MONOTONIC, &began);
  for (int i = 0; i < threads; i++)
    if (pthread_create(&thread[i], &small, run, NULL) != 0) return 1;
  for (int i = 0; i < threads; i++) pthread_join(thread[i], NULL);
  clock_gettime(CLOCK_MONOTONIC, &ended);
  getrusage(RUSAGE_SELF, &usage);
  printf("%ld %lld\n", usage.ru_nvcsw + usage.ru_nivcsw,
         (ended.tv_sec - began.tv_sec) * 1000000000LL + ended.tv_nsec - began.tv_nsec);
  return 0;
}
