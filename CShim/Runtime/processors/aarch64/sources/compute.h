// What instructions of aarch64 compute, and which conditions hold then.
#ifndef SLV_PROCESSOR_COMPUTE_H
#define SLV_PROCESSOR_COMPUTE_H

#include "processors/aarch64/sources/fields.h"

#define bits slv_arm64_bits

// Context: any
int slv_arm64_holds(const struct slv_code *c, uint32_t condition) {
  enum { INVERTED = 8 };
  static const unsigned char known[] = {
      SLV_IF_EQUAL,
      SLV_IF_BELOW | INVERTED, // carry: a subtraction borrowed nothing
      SLV_IF_NEGATIVE,
      0, // overflow
      SLV_IF_BELOW_OR_EQUAL | INVERTED,
      SLV_IF_LESS | INVERTED,
      SLV_IF_LESS_OR_EQUAL | INVERTED,
  };
  if (condition >= 14) return 1; // always
  unsigned which = known[condition >> 1];
  int holds = slv_code_holds(c, (enum slv_condition)(which & 7));
  return holds < 0 ? -1 : holds ^ (int)(which >> 3) ^ (int)(condition & 1);
}

// add, sub, and with flags adds, subs: cmp, cmn. Where there are no flags, `to_stack` says whether number 31 is the
// stack pointer. Context: any
static int add(struct slv_code *c, uint32_t word, struct slv_operand a, struct slv_operand b,
               int to_stack) {
  int width = slv_arm64_width(word), subtracts = (int)bits(word, 30, 1);
  struct slv_operand r = {subtracts ? a.value - b.value : a.value + b.value, a.known && b.known, 0};
  if (bits(word, 29, 1) == 0 && to_stack) {
    slv_code_set(c, (int)bits(word, 0, 5), r, width);
    return 1;
  }
  if (bits(word, 29, 1)) {
    if (subtracts) slv_code_set_flags(c, SLV_FLAGS_COMPARED, a, b, width);
    else slv_code_set_flags(c, SLV_FLAGS_RESULT, r, slv_operand_zero, width);
  }
  slv_arm64_set(c, bits(word, 0, 5), r, width);
  return 1;
}

// and, orr, eor, ands: tst. Context: any
static int combine(struct slv_code *c, uint32_t word, struct slv_operand b, int to_stack) {
  int width = slv_arm64_width(word);
  uint32_t which = bits(word, 29, 2), to = bits(word, 0, 5);
  struct slv_operand a = slv_arm64_get(c, bits(word, 5, 5), width);
  struct slv_operand r = {a.value & b.value, a.known && b.known, 0};
  if (which == 1) r.value = a.value | b.value;
  if (which == 2) r.value = a.value ^ b.value;
  if (which == 3) slv_code_set_flags(c, SLV_FLAGS_RESULT, r, slv_operand_zero, width);
  else if (to_stack) slv_code_set(c, (int)to, r, width);
  if (which == 3 || !to_stack) slv_arm64_set(c, to, r, width);
  return 1;
}

// The number of and, orr, eor with one: a run of ones, turned, and repeated. 0: it is none. Context: any
static uint64_t pattern(uint32_t word) {
  uint32_t turn = bits(word, 16, 6), ones = bits(word, 10, 6), size = 64;
  uint32_t sizes = bits(word, 22, 1) << 6 | (~ones & 63);
  while (size > 1 && !(sizes & size)) size /= 2;
  ones &= size - 1;
  turn &= size - 1;
  if (size < 2 || ones == size - 1 || (size == 64 && !(word >> 31))) return 0;
  uint64_t all = size == 64 ? ~0ull : (1ull << size) - 1, run = (2ull << ones) - 1;
  if (turn != 0) run = (run >> turn | run << (size - turn)) & all;
  for (; size < 64; size *= 2) run |= run << size;
  return run;
}

// movn, movz, movk. Context: any
static int move(struct slv_code *c, uint32_t word) {
  int width = slv_arm64_width(word);
  uint32_t which = bits(word, 29, 2), shift = bits(word, 21, 2) * 16, to = bits(word, 0, 5);
  uint64_t part = (uint64_t)bits(word, 5, 16) << shift;
  struct slv_operand r = {which == 0 ? ~part : part, 1, 0};
  if (which == 1 || (width == 4 && shift > 16)) return 0;
  if (which == 3) {
    r = slv_arm64_get(c, to, width);
    r.value = (r.value & ~(0xffffull << shift)) | part;
  }
  slv_arm64_set(c, to, r, width);
  return 1;
}

// sbfm, ubfm: lsl, lsr, asr, sxtw and more. Context: any
static int field(struct slv_code *c, uint32_t word) {
  int width = slv_arm64_width(word);
  uint32_t which = bits(word, 29, 2), turn = bits(word, 16, 6), last = bits(word, 10, 6);
  uint32_t all = (uint32_t)width * 8;
  if ((which & 1) || bits(word, 22, 1) != word >> 31 || turn >= all || last >= all) return 0;
  struct slv_operand r = slv_arm64_get(c, bits(word, 5, 5), width);
  uint32_t length = last >= turn ? last - turn + 1 : last + 1, rest = 64 - length;
  uint64_t top = (last >= turn ? r.value >> turn : r.value) << rest;
  r.value = which == 0 ? (uint64_t)((int64_t)top >> rest) : top >> rest;
  if (last < turn) r.value <<= all - turn;
  slv_arm64_set(c, bits(word, 0, 5), r, width);
  return 1;
}

// Context: any
int slv_arm64_immediate(struct slv_code *c, uint32_t word) {
  int width = slv_arm64_width(word);
  int64_t offset = (int64_t)((uint64_t)slv_arm64_signed(word, 5, 19) << 2 | bits(word, 29, 2));
  struct slv_operand number = {0, 1, 0};
  switch (bits(word, 23, 3)) {
    case 0:
    case 1: // adr, adrp
      number.value =
          word >> 31 ? (c->at & ~4095ull) + ((uint64_t)offset << 12) : c->at + (uint64_t)offset;
      slv_arm64_set(c, bits(word, 0, 5), number, 8);
      return 1;
    case 2:
      number.value = (uint64_t)bits(word, 10, 12) << (bits(word, 22, 1) ? 12 : 0);
      return add(c, word, slv_code_get(c, (int)bits(word, 5, 5), width), number, 1);
    case 4:
      number.value = pattern(word);
      return number.value != 0 && combine(c, word, number, 1);
    case 5:
      return move(c, word);
    case 6:
      return field(c, word);
    default:
      return 0;
  }
}

// A register, shifted as the instruction says. `refused`: in a way that is not known. Context: any
static struct slv_operand shifted(const struct slv_code *c, uint32_t word) {
  int width = slv_arm64_width(word);
  uint32_t by = bits(word, 10, 6), which = bits(word, 22, 2);
  struct slv_operand r = slv_arm64_get(c, bits(word, 16, 5), width);
  if (which == 3 || by >= (uint32_t)width * 8) return (struct slv_operand){.refused = 1};
  if (which == 0) r.value <<= by;
  else if (which == 1) r.value >>= by;
  else r.value = (uint64_t)(slv_code_extended(r.value, width) >> by);
  r.value = slv_code_cut(r.value, width);
  return r;
}

// csel, csinc, csinv, csneg: cset and more. Context: any
static int choose(struct slv_code *c, uint32_t word) {
  int width = slv_arm64_width(word), holds = slv_arm64_holds(c, bits(word, 12, 4));
  struct slv_operand r = slv_arm64_get(c, bits(word, holds > 0 ? 5 : 16, 5), width);
  if (holds < 0 || bits(word, 11, 1)) return 0;
  if (!holds && bits(word, 30, 1)) r.value = ~r.value;
  if (!holds && bits(word, 10, 1)) r.value++;
  slv_arm64_set(c, bits(word, 0, 5), r, width);
  return 1;
}

// madd, msub; smaddl, umaddl and the like, whose factors are halves. Context: any
static int multiply(struct slv_code *c, uint32_t word) {
  int width = slv_arm64_width(word);
  uint32_t which = bits(word, 21, 3);
  if (bits(word, 29, 2) != 0 || (which != 0 && ((which & 3) != 1 || width != 8))) return 0;
  struct slv_operand a = slv_arm64_get(c, bits(word, 5, 5), which ? 4 : width);
  struct slv_operand b = slv_arm64_get(c, bits(word, 16, 5), which ? 4 : width);
  struct slv_operand r = slv_arm64_get(c, bits(word, 10, 5), width);
  if (which == 1) {
    a.value = (uint64_t)slv_code_extended(a.value, 4);
    b.value = (uint64_t)slv_code_extended(b.value, 4);
  }
  uint64_t product = a.value * b.value;
  r.value = bits(word, 15, 1) ? r.value - product : r.value + product;
  r.known &= a.known & b.known;
  slv_arm64_set(c, bits(word, 0, 5), r, width);
  return 1;
}

// Context: any
int slv_arm64_registers(struct slv_code *c, uint32_t word) {
  int width = slv_arm64_width(word);
  struct slv_operand b = shifted(c, word);
  if ((word & 0xffffebff) == 0xdac103fe) return 1; // pacia, pacib, autia, autib of x30 with sp
  if ((word & 0x1f000000) == 0x0a000000) {
    if (bits(word, 21, 1)) b.value = ~b.value;
    return !b.refused && combine(c, word, b, 0);
  }
  if ((word & 0x1f200000) == 0x0b000000)
    return !b.refused && add(c, word, slv_arm64_get(c, bits(word, 5, 5), width), b, 0);
  if ((word & 0x1fe00000) == 0x0b200000) {
    if (bits(word, 10, 3) > 4) return 0;
    b = slv_arm64_get(c, bits(word, 16, 5), 8);
    b = slv_arm64_extend(b, bits(word, 13, 3), bits(word, 10, 3));
    return add(c, word, slv_code_get(c, (int)bits(word, 5, 5), width), b, 1);
  }
  if ((word & 0x3fe00000) == 0x1a800000) return choose(c, word);
  return (word & 0x1f000000) == 0x1b000000 && multiply(c, word);
}

#endif
