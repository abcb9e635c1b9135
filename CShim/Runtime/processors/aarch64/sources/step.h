// Takes instructions of aarch64 apart, as far as generated functions of clang's --coverage have them: what
// clang 14 to 21 make of these from -O0 to -O3. Here: branches, loads and stores.
#ifndef SLV_PROCESSOR_STEP_H
#define SLV_PROCESSOR_STEP_H

#include "processors/aarch64/sources/compute.h"

#define bits slv_arm64_bits

// Those that do nothing here: nop, and marks for branches and return addresses. Context: any
static int is_hint(uint32_t word) {
  // nop; paciaz paciasp pacibz pacibsp autiaz autiasp autibz autibsp; bti, bti c, j, jc
  uint32_t which = bits(word, 5, 7);
  return (word & 0xfffff01f) == 0xd503201f && which < 40 && (0x55ff000001ull >> which & 1);
}

// Goes on behind the instruction, or at the place it names. Context: any
static enum slv_code_step branch_if(struct slv_code *c, int holds, int64_t words) {
  if (holds < 0) return SLV_STEP_REFUSED;
  c->at += holds ? (uintptr_t)(words * 4) : 4;
  return SLV_STEP_DONE;
}

// Context: any
static enum slv_code_step branch(struct slv_code *c, uint32_t word, uintptr_t *target) {
  struct slv_operand value = slv_arm64_get(c, bits(word, 0, 5), 8);
  int inverted = (int)bits(word, 24, 1);
  if ((word & 0x7c000000) == 0x14000000) { // b, bl
    *target = c->at + (uintptr_t)(slv_arm64_signed(word, 0, 26) * 4);
    if ((word >> 31) == 0) return SLV_STEP_JUMP;
    c->at += 4;
    return SLV_STEP_CALL;
  }
  if ((word & 0xff000010) == 0x54000000) // b.cond
    return branch_if(c, slv_arm64_holds(c, bits(word, 0, 4)), slv_arm64_signed(word, 5, 19));
  if ((word & 0x7e000000) == 0x34000000) { // cbz, cbnz
    value.value = slv_code_cut(value.value, slv_arm64_width(word));
    return branch_if(c, value.known ? (value.value == 0) ^ inverted : -1,
                     slv_arm64_signed(word, 5, 19));
  }
  if ((word & 0x7e000000) == 0x36000000) { // tbz, tbnz
    uint32_t bit = bits(word, 19, 5) | (word >> 31) << 5;
    return branch_if(c, value.known ? (int)(~value.value >> bit & 1) ^ inverted : -1,
                     slv_arm64_signed(word, 5, 14));
  }
  if (word == 0xd65f03c0 || word == 0xd65f0bff || word == 0xd65f0fff) return SLV_STEP_RETURN;
  return is_hint(word) ? branch_if(c, 0, 0) : SLV_STEP_REFUSED;
}

// Moves a register to or from memory. `kind`: 0 stores, 1 loads, 2 loads with the sign to eight bytes, 3 to
// four. 0: refused. Context: any
static int transfer(struct slv_code *c, uint32_t number, struct slv_operand address, int width,
                    uint32_t kind) {
  struct slv_operand value = slv_arm64_get(c, number, width);
  if (kind == 0) return slv_code_store(c, address, value, width);
  value = slv_code_load(c, address, width);
  if (kind > 1) value.value = (uint64_t)slv_code_extended(value.value, width);
  if (!value.refused) slv_arm64_set(c, number, value, kind == 3 ? 4 : 8);
  return !value.refused;
}

enum { OFFSET = 0, AFTER = 1, BEFORE = 2 }; // when a base register moves on

// The address that a load or store goes to; its base register moves on. Context: any
static struct slv_operand based(struct slv_code *c, uint32_t word, int64_t offset, int mode) {
  int number = (int)bits(word, 5, 5);
  struct slv_operand base = slv_code_get(c, number, 8), moved = base;
  moved.value += (uint64_t)offset;
  if (mode != OFFSET) slv_code_set(c, number, moved, 8);
  return mode == AFTER ? base : moved;
}

// ldp, stp, ldpsw. Context: any
static int pair(struct slv_code *c, uint32_t word) {
  static const unsigned char modes[] = {OFFSET, AFTER, OFFSET, BEFORE};
  uint32_t size = bits(word, 30, 2), load = bits(word, 22, 1), mode = bits(word, 23, 2);
  int width = size == 2 ? 8 : 4;
  if (size == 3 || (size == 1 && (!load || mode == 0))) return 0;
  struct slv_operand at = based(c, word, slv_arm64_signed(word, 15, 7) * width, modes[mode]);
  struct slv_operand next = {at.value + (uint64_t)width, at.known, 0};
  uint32_t kind = size == 1 ? 2 : load;
  return transfer(c, bits(word, 0, 5), at, width, kind) &&
         transfer(c, bits(word, 10, 5), next, width, kind);
}

// ldr, str and their kin. Context: any
static int single(struct slv_code *c, uint32_t word) {
  static const unsigned char modes[] = {OFFSET, AFTER, OFFSET, BEFORE};
  uint32_t size = bits(word, 30, 2), kind = bits(word, 22, 2), form = bits(word, 10, 2);
  struct slv_operand at;
  if ((size == 3 && kind > 1) || (size == 2 && kind == 3)) return 0;
  if (bits(word, 24, 1)) at = based(c, word, (int64_t)bits(word, 10, 12) << size, OFFSET);
  else if (bits(word, 21, 1) == 0) {
    if (form == 2) return 0; // as an unprivileged program
    at = based(c, word, slv_arm64_signed(word, 12, 9), modes[form]);
  } else {
    uint32_t option = bits(word, 13, 3);
    if (form != 2 || (option & 2) == 0) return 0; // atomic ones
    struct slv_operand index = slv_arm64_get(c, bits(word, 16, 5), 8);
    index = slv_arm64_extend(index, option, bits(word, 12, 1) ? size : 0);
    at = based(c, word, (int64_t)index.value, OFFSET);
    at.known &= index.known;
  }
  return transfer(c, bits(word, 0, 5), at, 1 << size, kind);
}

// Context: any
static int memory(struct slv_code *c, uint32_t word) {
  if (bits(word, 26, 1)) return 0; // of vectors
  if ((word & 0x38000000) == 0x28000000) return pair(c, word);
  if ((word & 0x38000000) == 0x38000000) return single(c, word);
  if ((word & 0x3b000000) != 0x18000000 || word >> 30 == 3) return 0;
  uint64_t place = c->at + (uint64_t)(slv_arm64_signed(word, 5, 19) * 4); // of a constant
  return transfer(c, bits(word, 0, 5), (struct slv_operand){place, 1, 0}, word >> 30 == 1 ? 8 : 4,
                  word >> 30 == 2 ? 2 : 1);
}

// Context: any
enum slv_code_step slv_code_step(struct slv_code *c, uintptr_t *target) {
  int done = 0;
  uint32_t word;
  if ((c->at & 3) != 0 || slv_code_room(c) < sizeof word) return SLV_STEP_REFUSED;
  __builtin_memcpy(&word, (const void *)c->at, sizeof word);
  switch (bits(word, 25, 4)) {
    case 8:
    case 9:
      done = slv_arm64_immediate(c, word);
      break;
    case 10:
    case 11:
      return branch(c, word, target);
    case 5:
    case 13:
      done = slv_arm64_registers(c, word);
      break;
    case 4:
    case 6:
    case 12:
    case 14:
      done = memory(c, word);
      break;
    default:
      break;
  }
  c->at += 4;
  return done ? SLV_STEP_DONE : SLV_STEP_REFUSED;
}

#endif
