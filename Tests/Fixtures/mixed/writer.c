#include <stdio.h>
#include <unistd.h>

static void line(int n) {
  printf("%d\n", n); // 6
}

int main(void) {
  for (int n = 0; n < 6; n++)
    line(n);
  fflush(stdout); // 1
  _exit(3);
}
