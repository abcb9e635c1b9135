#include "common.h"

int shared(int kind) {
  if (kind == 3)
    return twice(1);
  return 0;
}
