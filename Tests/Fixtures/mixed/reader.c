#include <stdio.h>

int main(void) {
  int n, count = 0;
  while (scanf("%d", &n) == 1)
    count++; // 3
  printf("read %d\n", count); // 1
  return 0; // 1
}
