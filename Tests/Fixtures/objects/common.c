#include "common.h"

int work(int kind) {
  int sum = 0;
  if (kind == 1) {
    sum += 1;
    sum += twice(20);
  } else if (kind == 2) {
    sum += twice(3);
  }
  for (int i = 0; i < kind; i++)
    sum += CLAMP(i, 2);
  if (kind > 5)
    sum = -1;
  return sum;
}
