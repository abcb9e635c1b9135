#include <stdio.h>
#include <stdlib.h>

int main(void) {
  int n, odd = 0;
  while (scanf("%d", &n) == 1)
    if (n % 2) { // 6
      odd++; // 3
      printf("%d\n", n);
    }
  fflush(stdout);
  if (odd == 3)
    abort(); // 1
  return 0; // 0
}
