// A target of libFuzzer that aborts on "bad".
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

static volatile int kind;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { // line "entry"
  if (size < 3)
    return 0; // line "short"
  kind = 1;
  if (data[0] == 'b' && data[1] == 'a' && data[2] == 'd')
    kind = 2; // line "bad"
  if (kind == 2) abort();
  return 0;
}
