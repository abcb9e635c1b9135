// The code of aarch64 that makes a Go package known. Of sources/go_code.c.
#ifndef SLV_PROCESSOR_GO_CODE_H
#define SLV_PROCESSOR_GO_CODE_H

#include "processors/aarch64/sources/fields.h"

// Numbers and addresses that code makes without a look at memory: adrp, add, mov. Of all other instructions it
// is only known that they change registers. 0: it is none such. Context: any
static int follow(struct slv_code *c) {
  uint32_t word;
  __builtin_memcpy(&word, (const void *)c->at, sizeof word);
  int known = slv_arm64_bits(word, 26, 3) == 4    ? slv_arm64_immediate(c, word)
              : (word & 0x7fe0ffe0) == 0x2a0003e0 ? slv_arm64_registers(c, word) // mov
                                                  : 0;
  if (!known) c->known &= ~(1u << slv_arm64_bits(word, 0, 5) | 1u << slv_arm64_bits(word, 10, 5));
  c->at += 4;
  return known;
}

// Whether the address of the sixteen bytes of a hash is made in code: they are data. Context: thread
static int makes_hash(const struct slv_go_module *m, uint64_t code, uint64_t end,
                      const char *hash) {
  struct slv_code c = {.at = code};
  while (c.at < end) {
    int number = (int)slv_arm64_bits(*(const uint32_t *)c.at, 0, 5);
    if (!follow(&c) || !(c.known >> number & 1)) continue;
    const char *bytes = slv_go_at(m->file, c.value[number], SLV_GO_HASH);
    if (bytes != NULL && bytes != hash && slv_equal(bytes, hash, SLV_GO_HASH)) return 1;
  }
  return 0;
}

// The arguments are in registers: x0 meta-data, w1 its bytes, x2 and x3 a path, x4 number, w5 mode, w6 granularity. The
// hash is on the stack. Context: thread
int slv_go_read_function(const struct slv_go_module *m, uint64_t start, struct slv_go_meta *meta) {
  enum { NEEDED = 1 << 0 | 1 << 1 | 1 << 4 | 1 << 5 | 1 << 6 };
  uint64_t end = end_of(m, start) & ~3ull;
  struct slv_code c = {.at = start};
  while (c.at < end) {
    uint32_t word = *(const uint32_t *)c.at;
    if ((word >> 26) != 0x25) { // bl
      follow(&c);
      continue;
    }
    meta->bytes = (const char *)(uintptr_t)c.value[0];
    meta->head.bytes = c.known & 1 ? meta_size(m->file, meta->bytes) : 0;
    if (meta->head.bytes != 0 && makes_hash(m, start, end, meta->bytes + SLV_GO_HASH)) {
      meta->head.number = (int32_t)c.value[4];
      meta->head.mode = (uint8_t)c.value[5];
      meta->head.granularity = (uint8_t)c.value[6];
      return (c.known & NEEDED) == NEEDED && (uint32_t)c.value[1] == meta->head.bytes &&
                     are_arguments(&meta->head)
                 ? 1
                 : -1;
    }
    c.known = 0;
    c.at += 4;
  }
  return 0;
}

#endif
