// A library whose constructor starts threads that store beside its counters at once.
#include <pthread.h>
#include <stdatomic.h>

#define THREADS 2
#define ROUNDS 20000

static _Atomic long neighbour[64]; // zeros, as the counters are
static _Atomic long beside[64] = {1};
static pthread_t threads[THREADS];

static void *hammer(void *unused) {
  for (int i = 0; i < ROUNDS; i++) {
    neighbour[i % 64]++;
    beside[i % 64]++;
  }
  return unused;
}

__attribute__((constructor)) static void start(void) {
  for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, hammer, NULL); // line "start"
}

// How many stores are missing.
long missing(void) {
  long sum = 0;
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  for (int i = 0; i < 64; i++) sum += neighbour[i] + beside[i];
  return 2l * THREADS * ROUNDS + 1 - sum;
}
