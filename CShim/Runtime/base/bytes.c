// Memory and text without libc. Volatile byte loops are avoided: -fno-builtin keeps the compiler from
// turning these loops into calls of memcpy and memset.
#include "base/bytes.h"
#include "base/facts.h"

#include "base/poison.h" // last

#if SLV_HAS_COPY
#include SLV_PROCESSOR_FILE(base, copy.h)
#else

// Context: any
static inline void slv_copy_bytes(void *to, const void *from, size_t bytes) {
  unsigned char *t = to;
  const unsigned char *f = from;
  if ((((uintptr_t)t | (uintptr_t)f) & 7) == 0)
    for (; bytes >= 8; bytes -= 8, t += 8, f += 8) {
      *(volatile uint64_t *)(void *)t = *(const uint64_t *)(const void *)f;
    }
  for (; bytes != 0; bytes--) *(volatile unsigned char *)t++ = *f++;
}

// Context: any
static inline void slv_zero_bytes(void *to, size_t bytes) {
  for (unsigned char *t = to; bytes != 0; bytes--) *(volatile unsigned char *)t++ = 0;
}

#endif

// Context: any
void slv_copy(void *to, const void *from, size_t bytes) { slv_copy_bytes(to, from, bytes); }

// Context: any
void slv_zero(void *to, size_t bytes) { slv_zero_bytes(to, bytes); }

// Context: any
int slv_equal(const void *a, const void *b, size_t bytes) {
  const unsigned char *x = a, *y = b;
  for (; bytes != 0; bytes--)
    if (*x++ != *y++) return 0;
  return 1;
}

// Context: any
int slv_is_zero(const void *at, size_t bytes) {
  for (size_t i = 0; i < bytes; i += 8) {
    uint64_t word;
    __builtin_memcpy(&word, (const char *)at + i, 8);
    if (word != 0) return 0;
  }
  return 1;
}

// Context: any
size_t slv_length(const char *text) {
  size_t n = 0;
  while (text[n] != 0) n++;
  return n;
}

// Context: any
int slv_same(const char *a, const char *b) {
  for (; *a == *b; a++, b++)
    if (*a == 0) return 1;
  return 0;
}

// Context: any
int slv_starts(const char *text, const char *prefix) {
  for (; *prefix != 0; text++, prefix++)
    if (*text != *prefix) return 0;
  return 1;
}

// Context: any
const char *slv_basename(const char *path) {
  const char *base = path;
  for (; *path != 0; path++)
    if (*path == '/') base = path + 1;
  return base;
}

// Context: any
char *slv_hex(char *to, uint64_t value, int digits) {
  for (int i = digits - 1; i >= 0; i--) {
    // No table, nor vectors' constants: a fork child would fault them in.
    unsigned digit = (unsigned)(value >> (4 * i)) & 15;
    *(volatile char *)to++ = (char)(digit < 10 ? '0' + digit : 'a' + digit - 10);
  }
  return to;
}

// Context: any
char *slv_decimal(char *to, uint64_t value) {
  char digits[20];
  int n = 0;
  do digits[n++] = (char)('0' + value % 10);
  while ((value /= 10) != 0);
  while (n > 0) *to++ = digits[--n];
  return to;
}

// Context: any
char *slv_text(char *to, const char *end, const char *text) {
  while (*text != 0 && to + 1 < end) *to++ = *text++;
  *to = 0;
  return to;
}

// Context: any
int slv_parse_hex(const char *text, int digits, uint64_t *value) {
  uint64_t v = 0;
  for (int i = 0; i < digits; i++) {
    char c = text[i];
    int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (d < 0) return 0;
    v = v << 4 | (uint64_t)d;
  }
  *value = v;
  return 1;
}
