#include "common.h"

/* Programs that differ in a number alone would be one: what they count has one mapping. */
static int NAME(void) {
  int sum = work(KIND);
  return sum + shared(KIND);
}

int main(void) {
  int sum = NAME();
  return sum < 0 ? twice(sum) : 0;
}
