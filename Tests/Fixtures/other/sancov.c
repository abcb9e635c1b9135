// Counts to argument 1; with another argument it is killed then.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline)) static int leaf(void) { return 1; } // line "leaf"

__attribute__((noinline)) static int branchy(int n) { // line "branchy"
  int sum = n;
  if (n % 2)
    sum += 2; // line "odd"
  return sum;
}

__attribute__((noinline)) static int guarded(int n) {
  if (n < 0) return -1; // line "middle"
  return n;
}

__attribute__((noinline)) static int never(void) { // line "never"
  return 3;
}

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 1, sum = 0;
  for (int i = 0; i < count; i++) sum += leaf() + branchy(i) + guarded(i);
  if (argc > 2)
    raise(SIGKILL);
  if (count < 0)
    sum += never();
  printf("%d\n", sum);
  return 0;
}
