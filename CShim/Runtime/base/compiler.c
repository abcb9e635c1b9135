// What compilers call by themselves, for copies of structures: -fno-builtin does not forbid that, and
// libc's own would be a sanitizer's interceptor in an instrumented program. Hidden, so never exported.
#include "base/bytes.h"

#include "base/poison.h" // last

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memset(void *to, int value, size_t bytes);

// Context: any
void *memcpy(void *restrict to, const void *restrict from, size_t bytes) {
  slv_copy(to, from, bytes);
  return to;
}

// Context: any
void *memset(void *to, int value, size_t bytes) {
  if (value == 0) slv_zero(to, bytes);
  else
    for (volatile unsigned char *t = to; bytes != 0; bytes--) *t++ = (unsigned char)value;
  return to;
}
