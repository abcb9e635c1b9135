// The instructions of aarch64 that generated functions of clang's --coverage have: four bytes each, and the
// same fields nearly everywhere.
#ifndef SLV_CLANG_GCOV_ARM64_H
#define SLV_CLANG_GCOV_ARM64_H

#include "sources/clang_gcov_code.h"

#define SLV_ARM64_SP 31 // or the register that is zero

// `count` bits of a word from bit `low` on; the same with their sign. Context: any
static inline uint32_t slv_arm64_bits(uint32_t word, int low, int count) {
  return word >> low & (uint32_t)((1ull << count) - 1);
}

// Context: any
static inline int64_t slv_arm64_signed(uint32_t word, int low, int count) {
  return (int64_t)((uint64_t)word << (64 - low - count)) >> (64 - count);
}

// Of most instructions: how many bytes they compute with. Context: any
static inline int slv_arm64_width(uint32_t word) { return word >> 31 ? 8 : 4; }

// Where number 31 is zero, or nowhere. Context: any
static inline struct slv_operand slv_arm64_get(const struct slv_code *c, uint32_t number,
                                               int width) {
  return number == SLV_ARM64_SP ? slv_operand_zero : slv_code_get(c, (int)number, width);
}

// Context: any
static inline void slv_arm64_set(struct slv_code *c, uint32_t number, struct slv_operand value,
                                 int width) {
  if (number != SLV_ARM64_SP) slv_code_set(c, (int)number, value, width);
}

// An index that is a register, perhaps half of one, extended and shifted: `option` as instructions have it.
// Context: any
static inline struct slv_operand slv_arm64_extend(struct slv_operand value, uint32_t option,
                                                  uint32_t by) {
  int width = 1 << (option & 3);
  value.value = option & 4 ? (uint64_t)slv_code_extended(value.value, width)
                           : slv_code_cut(value.value, width);
  value.value <<= by;
  return value;
}

// Whether a condition holds; -1: that can't be known. Context: any
int slv_arm64_holds(const struct slv_code *c, uint32_t condition);

// Instructions that compute with registers, or with a number. 0: refused. Context: any
int slv_arm64_immediate(struct slv_code *c, uint32_t word);
int slv_arm64_registers(struct slv_code *c, uint32_t word);

#endif
