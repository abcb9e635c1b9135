// A loop, a switch, a function that never runs, and one in another file.
#include <stdio.h>
#include <stdlib.h>

int more(int n);

static int digits(int n) {
  int sum = 0;
  while (n > 0) {
    sum += n % 10;
    n /= 10;
  }
  return sum;
}

int never(int n) {
  return n ? 1 : 2;
}

int main(int count, char **words) {
  int n = count > 1 ? atoi(words[1]) : 1, sum = 0;
  for (int i = 0; i < 100 * n; i++) {
    switch (i % 5) {
    case 0: sum += digits(i); break;
    case 1: sum += more(i); break;
    case 2:
      if (i > 50 && i < 200) sum--;
      break;
    default: sum ^= i;
    }
  }
  printf("%d\n", sum);
  return 0;
}
