// What an instruction does to registers, to a small stack, and to what is known of them.
#ifndef SLV_PROCESSOR_STEP_H
#define SLV_PROCESSOR_STEP_H

#include "processors/x86_64/sources/decode.h"

// Context: any
static int width_of(const struct slv_instruction *i) { return i->wide ? 8 : 4; }

// Context: any
static struct slv_operand address_of(const struct slv_code *c, const struct slv_instruction *i) {
  struct slv_operand a = {.value = (uint64_t)i->offset, .known = 1};
  if (i->is_relative) a.value += c->at + i->length;
  if (i->base_register >= 0) {
    a.value += c->value[i->base_register];
    a.known &= (int)(c->known >> i->base_register & 1);
  }
  if (i->index_register >= 0) {
    a.value += c->value[i->index_register] * (uint64_t)i->scale;
    a.known &= (int)(c->known >> i->index_register & 1);
  }
  return a;
}

// The operand that may be in memory. Context: any
static struct slv_operand get(struct slv_code *c, const struct slv_instruction *i, int width) {
  return i->is_memory ? slv_code_load(c, address_of(c, i), width) : slv_code_get(c, i->base, width);
}

// Context: any
static int put(struct slv_code *c, const struct slv_instruction *i, struct slv_operand value,
               int width) {
  if (i->is_memory) return slv_code_store(c, address_of(c, i), value, width);
  slv_code_set(c, i->base, value, width);
  return 1;
}

enum { ADD = 0, OR = 1, AND = 4, SUB = 5, XOR = 6, COMPARE = 7 };

// What an arithmetic instruction makes of two values, with its flags. Context: any
static struct slv_operand arithmetic(struct slv_code *c, int which, struct slv_operand a,
                                     struct slv_operand b, int width) {
  struct slv_operand r = {0, a.known && b.known, 0};
  switch (which) {
    case ADD:
      r.value = a.value + b.value;
      break;
    case OR:
      r.value = a.value | b.value;
      break;
    case AND:
      r.value = a.value & b.value;
      break;
    case XOR:
      r.value = a.value ^ b.value;
      break;
    default:
      r.value = a.value - b.value;
      break;
  }
  if (which == SUB || which == COMPARE) slv_code_set_flags(c, SLV_FLAGS_COMPARED, a, b, width);
  else
    slv_code_set_flags(c, which == ADD ? SLV_FLAGS_RESULT : SLV_FLAGS_COMPARED, r, slv_operand_zero,
                       width);
  r.value = slv_code_cut(r.value, width);
  return r;
}

// Instructions with two operands. 0: refused. Context: any
static int compute(struct slv_code *c, const struct slv_instruction *i) {
  int width = width_of(i), which = (int)(i->code >> 3);
  struct slv_operand immediate = {slv_code_cut((uint64_t)i->immediate, width), 1, 0}, a, b, r;
  if (i->code == 0x81 || i->code == 0x83) {
    which = i->reg & 7;
    if (which == 2 || which == 3) return 0;
    a = get(c, i, width);
    b = immediate;
  } else if ((i->code & 7) == 5) {
    a = slv_code_get(c, RAX, width);
    b = immediate;
  } else {
    struct slv_operand other = slv_code_get(c, i->reg, width), own = get(c, i, width);
    a = (i->code & 7) == 1 ? own : other;
    b = (i->code & 7) == 1 ? other : own;
    // A register less itself is known, whatever was in it.
    if (!i->is_memory && i->reg == i->base && (which == XOR || which == SUB))
      a = b = slv_operand_zero;
  }
  if (a.refused || b.refused) return 0;
  r = arithmetic(c, which, a, b, width);
  if (which == COMPARE) return 1;
  if (i->code < 0x40 && (i->code & 7) == 5) slv_code_set(c, RAX, r, width);
  else if (i->code < 0x40 && (i->code & 7) == 3) slv_code_set(c, i->reg, r, width);
  else return put(c, i, r, width);
  return 1;
}

// Context: any
static int multiply(struct slv_code *c, const struct slv_instruction *i) {
  int width = width_of(i);
  struct slv_operand a = get(c, i, width), b = {(uint64_t)i->immediate, 1, 0};
  if (i->code == 0x0faf) b = slv_code_get(c, i->reg, width);
  if (a.refused) return 0;
  slv_code_set(c, i->reg, (struct slv_operand){a.value * b.value, a.known && b.known, 0}, width);
  c->flags = SLV_FLAGS_UNKNOWN;
  return 1;
}

// Context: any
static int shift(struct slv_code *c, const struct slv_instruction *i) {
  int width = width_of(i), which = i->reg & 7;
  unsigned by = i->code == 0xd1 ? 1 : (unsigned)i->immediate & (width == 8 ? 63u : 31u);
  struct slv_operand a = get(c, i, width);
  if (a.refused || (which != 4 && which != 5)) return 0;
  a.value = slv_code_cut(which == 4 ? a.value << by : a.value >> by, width);
  c->flags = SLV_FLAGS_UNKNOWN;
  return put(c, i, a, width);
}

// Context: any
static int push(struct slv_code *c, struct slv_operand value) {
  struct slv_operand top = slv_code_get(c, RSP, 8);
  top.value -= 8;
  slv_code_set(c, RSP, top, 8);
  return slv_code_store(c, top, value, 8);
}

// Context: any
static int pop(struct slv_code *c, int to) {
  struct slv_operand top = slv_code_get(c, RSP, 8), value = slv_code_load(c, top, 8);
  if (value.refused) return 0;
  top.value += 8;
  slv_code_set(c, RSP, top, 8);
  slv_code_set(c, to, value, 8);
  return 1;
}

// Instructions that move values, or count. 0: refused. Context: any
static int move(struct slv_code *c, const struct slv_instruction *i) {
  int width = width_of(i);
  struct slv_operand a, immediate = {(uint64_t)i->immediate, 1, 0};
  switch (i->code) {
    case 0x50:
      return push(c, slv_code_get(c, i->base, 8));
    case 0x58:
      return pop(c, i->base);
    case 0x63:
      a = get(c, i, 4);
      a.value = (uint64_t)slv_code_extended(a.value, 4);
      slv_code_set(c, i->reg, a, width);
      return !a.refused;
    case 0x85:
      a = get(c, i, width);
      arithmetic(c, AND, a, slv_code_get(c, i->reg, width), width);
      return !a.refused;
    case 0x89:
      return put(c, i, slv_code_get(c, i->reg, width), width);
    case 0x8b:
      a = get(c, i, width);
      slv_code_set(c, i->reg, a, width);
      return !a.refused;
    case 0x8d:
      slv_code_set(c, i->reg, address_of(c, i), width);
      return i->is_memory;
    case 0xa9:
      arithmetic(c, AND, slv_code_get(c, RAX, width), immediate, width);
      return 1;
    case 0xb8:
      slv_code_set(c, i->base, immediate, width);
      return 1;
    case 0xc7:
      return (i->reg & 7) == 0 && put(c, i, immediate, width);
    case 0xf7:
      a = get(c, i, width);
      arithmetic(c, AND, a, immediate, width);
      return !a.refused;
    case 0xff:
      a = get(c, i, width);
      if (a.refused || (i->reg & 7) > 1) return 0;
      a.value = slv_code_cut(a.value + ((i->reg & 7) == 0 ? 1u : ~0ull), width);
      slv_code_set_flags(c, SLV_FLAGS_RESULT, a, slv_operand_zero, width);
      return put(c, i, a, width);
    default:
      return 0;
  }
}

// Context: any
static int execute(struct slv_code *c, const struct slv_instruction *i) {
  switch (i->code) {
    case 0x90:
    case 0x0f1f:
      return 1;
    case 0x69:
    case 0x6b:
    case 0x0faf:
      return multiply(c, i);
    case 0xc1:
    case 0xd1:
      return shift(c, i);
    default:
      return i->code < 0x40 || i->code == 0x81 || i->code == 0x83 ? compute(c, i) : move(c, i);
  }
}

// 1: it was one that stays in the function, 0: another, -1: refused. Context: any
static int jump(struct slv_code *c, const struct slv_instruction *i, uintptr_t next) {
  unsigned high = i->code & ~0xfu;
  if (high != 0x70 && high != 0x0f80) return 0;
  int holds = slv_code_holds(c, (enum slv_condition)((i->code & 15) >> 1));
  if (holds < 0) return -1;
  c->at = holds != (int)(i->code & 1) ? next + (uintptr_t)i->immediate : next;
  return 1;
}

// Takes apart the next instruction. 0: it is not known, or not of the object. Context: any
static int fetch(struct slv_code *c, struct slv_instruction *i) {
  unsigned char copy[SLV_INSTRUCTION_BYTES] = {0};
  size_t room = slv_code_room(c);
  if (room >= sizeof copy) return slv_instruction_decode((const unsigned char *)c->at, i);
  __builtin_memcpy(copy, (const void *)c->at, room);
  return slv_instruction_decode(copy, i) && i->length <= room;
}

// Context: any
enum slv_code_step slv_code_step(struct slv_code *c, uintptr_t *target) {
  struct slv_instruction i;
  if (!fetch(c, &i)) return SLV_STEP_REFUSED;
  uintptr_t next = c->at + i.length;
  int jumped = jump(c, &i, next);
  if (jumped != 0) return jumped > 0 ? SLV_STEP_DONE : SLV_STEP_REFUSED;
  if (i.code == 0xc3) return SLV_STEP_RETURN;
  *target = next + (uintptr_t)i.immediate;
  if (i.code == 0xe9 || i.code == 0xeb) return SLV_STEP_JUMP;
  if (i.code != 0xe8 && !execute(c, &i)) return SLV_STEP_REFUSED;
  c->at = next;
  return i.code == 0xe8 ? SLV_STEP_CALL : SLV_STEP_DONE;
}

#endif
