// A loop whose counter the compiler may keep in a register until the loop ends (docs/Deaths.md):
// killed inside it, the lines before the loop are there, those of the loop need not be.
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

__attribute__((noinline)) static unsigned long before_loop(unsigned long seed) {
  return seed * 3; // line "before"
}

int main(void) {
  unsigned long sum = before_loop((unsigned long)getpid());
  alarm(1);
  for (unsigned long i = 0;; i++) {
    sum += i ^ (sum >> 3); // line "loop"
    if (sum == 42) break;
  }
  printf("%lu\n", sum);
  return 0;
}
