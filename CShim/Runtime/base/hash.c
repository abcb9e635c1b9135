// The hash of keys and identities: 64-bit multiply and shift.
#include "base/hash.h"

#include "base/poison.h" // last

// Context: any
uint64_t slv_hash(uint64_t seed, const void *bytes, size_t count) {
  const unsigned char *b = bytes;
  uint64_t h = seed ^ count * 0x9e3779b97f4a7c15u;
  for (; count >= 8; count -= 8, b += 8) {
    uint64_t word;
    __builtin_memcpy(&word, b, 8);
    h = (h ^ word) * 0xff51afd7ed558ccdu;
    h ^= h >> 32;
  }
  uint64_t rest = 0;
  for (; count > 0; count--) rest = rest << 8 | b[count - 1];
  h = (h ^ rest) * 0xc4ceb9fe1a85ec53u;
  return h ^ h >> 33;
}
