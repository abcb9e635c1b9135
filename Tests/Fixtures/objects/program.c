#include "common.h"

/* Programs that differ in a number alone would be one: what they count has one mapping. */
static int NAME(void) {
  int sum = work(KIND);
#if KIND > 1
  if (sum == 77)
    sum = 1;
#endif
#if KIND > 2
  if (sum == 78)
    sum = 2;
#endif
  return sum + shared(KIND);
}

int main(void) {
  int sum = NAME();
  return sum < 0 ? twice(sum) : 0;
}
