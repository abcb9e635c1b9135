// What an instruction does to registers, to a small stack, and to what is known of them.
#include "sources/clang_gcov_x86.h"

#if defined(__x86_64__)

// Context: any
static int width_of(const struct slv_instruction *i) { return i->wide ? 8 : 4; }

// Context: any
static uint64_t cut(uint64_t value, int width) { return width == 8 ? value : (uint32_t)value; }

// Context: any
static int is_stack(uint64_t address, int width) {
  return address >= SLV_STACK_BOTTOM && address <= SLV_STACK_TOP - (uint64_t)width;
}

// A value, and whether it is known. `refused`: nothing may go on.
struct operand {
  uint64_t value;
  int known, refused;
};

// Context: any
static struct operand address_of(const struct slv_code *c, const struct slv_instruction *i) {
  struct operand a = {.value = (uint64_t)i->offset, .known = 1};
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

// Context: any
static struct operand load(struct slv_code *c, struct operand address, int width) {
  struct operand result = {.known = 1};
  uint64_t at = address.value;
  if (!address.known) return (struct operand){.refused = 1};
  if (is_stack(at, width)) {
    for (int n = 0; n < width; n++)
      result.known &= c->is_known[at - SLV_STACK_BOTTOM + (uint64_t)n];
    __builtin_memcpy(&result.value, c->stack + (at - SLV_STACK_BOTTOM), (size_t)width);
    return result;
  }
  if ((at < c->data_low || at >= c->data_high) &&
      !slv_code_segment(c->info, PF_R, at, &c->data_low, &c->data_high))
    return (struct operand){.refused = 1};
  if (c->data_high - at < (uint64_t)width) return (struct operand){.refused = 1};
  __builtin_memcpy(&result.value, (const void *)at, (size_t)width);
  return result;
}

// Only the stack is written to. 0: refused. Context: any
static int store(struct slv_code *c, struct operand address, struct operand value, int width) {
  if (!address.known || !is_stack(address.value, width)) return 0;
  uint64_t at = address.value - SLV_STACK_BOTTOM;
  __builtin_memcpy(c->stack + at, &value.value, (size_t)width);
  for (int n = 0; n < width; n++) c->is_known[at + (uint64_t)n] = (unsigned char)value.known;
  return 1;
}

// Context: any
static struct operand get_register(const struct slv_code *c, int number, int width) {
  return (struct operand){cut(c->value[number], width), (int)(c->known >> number & 1), 0};
}

// Half a register clears the other half. Context: any
static void set_register(struct slv_code *c, int number, struct operand value, int width) {
  c->value[number] = cut(value.value, width);
  c->known = (c->known & ~(1u << number)) | (uint32_t)value.known << number;
}

// The operand that may be in memory. Context: any
static struct operand get(struct slv_code *c, const struct slv_instruction *i, int width) {
  return i->is_memory ? load(c, address_of(c, i), width) : get_register(c, i->base, width);
}

// Context: any
static int put(struct slv_code *c, const struct slv_instruction *i, struct operand value,
               int width) {
  if (i->is_memory) return store(c, address_of(c, i), value, width);
  set_register(c, i->base, value, width);
  return 1;
}

// Context: any
static void set_flags(struct slv_code *c, int flags, struct operand left, struct operand right,
                      int width) {
  c->flags = left.known && right.known ? flags : SLV_FLAGS_UNKNOWN;
  c->left = cut(left.value, width);
  c->right = cut(right.value, width);
  c->width = width;
}

static const struct operand zero = {0, 1, 0};

enum { ADD = 0, OR = 1, AND = 4, SUB = 5, XOR = 6, COMPARE = 7 };

// What an arithmetic instruction makes of two values, with its flags. Context: any
static struct operand arithmetic(struct slv_code *c, int which, struct operand a, struct operand b,
                                 int width) {
  struct operand r = {0, a.known && b.known, 0};
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
  if (which == SUB || which == COMPARE) set_flags(c, SLV_FLAGS_COMPARED, a, b, width);
  else set_flags(c, which == ADD ? SLV_FLAGS_RESULT : SLV_FLAGS_COMPARED, r, zero, width);
  r.value = cut(r.value, width);
  return r;
}

// Context: any
static int64_t extended(uint64_t value, int width) {
  return width == 8 ? (int64_t)value : (int32_t)value;
}

// Context: any
int slv_code_is_taken(const struct slv_code *c, unsigned condition) {
  int64_t left = extended(c->left, c->width), right = extended(c->right, c->width);
  int64_t rest = extended(cut(c->left - c->right, c->width), c->width);
  int taken;
  if (c->flags == SLV_FLAGS_UNKNOWN) return -1;
  if (c->flags == SLV_FLAGS_RESULT && (condition >> 1) != 2 && (condition >> 1) != 4) return -1;
  switch (condition >> 1) {
    case 1:
      taken = c->left < c->right;
      break;
    case 2:
      taken = c->left == c->right;
      break;
    case 3:
      taken = c->left <= c->right;
      break;
    case 4:
      taken = rest < 0;
      break;
    case 6:
      taken = left < right;
      break;
    case 7:
      taken = left <= right;
      break;
    default:
      return -1; // overflow, parity
  }
  return taken ^ (int)(condition & 1);
}

// Instructions with two operands. 0: refused. Context: any
static int compute(struct slv_code *c, const struct slv_instruction *i) {
  int width = width_of(i), which = (int)(i->code >> 3);
  struct operand immediate = {cut((uint64_t)i->immediate, width), 1, 0}, a, b, r;
  if (i->code == 0x81 || i->code == 0x83) {
    which = i->reg & 7;
    if (which == 2 || which == 3) return 0;
    a = get(c, i, width);
    b = immediate;
  } else if ((i->code & 7) == 5) {
    a = get_register(c, RAX, width);
    b = immediate;
  } else {
    struct operand other = get_register(c, i->reg, width), own = get(c, i, width);
    a = (i->code & 7) == 1 ? own : other;
    b = (i->code & 7) == 1 ? other : own;
    // A register less itself is known, whatever was in it.
    if (!i->is_memory && i->reg == i->base && (which == XOR || which == SUB)) a = b = zero;
  }
  if (a.refused || b.refused) return 0;
  r = arithmetic(c, which, a, b, width);
  if (which == COMPARE) return 1;
  if (i->code < 0x40 && (i->code & 7) == 5) set_register(c, RAX, r, width);
  else if (i->code < 0x40 && (i->code & 7) == 3) set_register(c, i->reg, r, width);
  else return put(c, i, r, width);
  return 1;
}

// Context: any
static int multiply(struct slv_code *c, const struct slv_instruction *i) {
  int width = width_of(i);
  struct operand a = get(c, i, width), b = {(uint64_t)i->immediate, 1, 0};
  if (i->code == 0x0faf) b = get_register(c, i->reg, width);
  if (a.refused) return 0;
  set_register(c, i->reg, (struct operand){a.value * b.value, a.known && b.known, 0}, width);
  c->flags = SLV_FLAGS_UNKNOWN;
  return 1;
}

// Context: any
static int shift(struct slv_code *c, const struct slv_instruction *i) {
  int width = width_of(i), which = i->reg & 7;
  unsigned by = i->code == 0xd1 ? 1 : (unsigned)i->immediate & (width == 8 ? 63u : 31u);
  struct operand a = get(c, i, width);
  if (a.refused || (which != 4 && which != 5)) return 0;
  a.value = cut(which == 4 ? a.value << by : a.value >> by, width);
  c->flags = SLV_FLAGS_UNKNOWN;
  return put(c, i, a, width);
}

// Context: any
static int push(struct slv_code *c, struct operand value) {
  struct operand top = get_register(c, RSP, 8);
  top.value -= 8;
  set_register(c, RSP, top, 8);
  return store(c, top, value, 8);
}

// Context: any
static int pop(struct slv_code *c, int to) {
  struct operand top = get_register(c, RSP, 8), value = load(c, top, 8);
  if (value.refused) return 0;
  top.value += 8;
  set_register(c, RSP, top, 8);
  set_register(c, to, value, 8);
  return 1;
}

// Instructions that move values, or count. 0: refused. Context: any
static int move(struct slv_code *c, const struct slv_instruction *i) {
  int width = width_of(i);
  struct operand a, immediate = {(uint64_t)i->immediate, 1, 0};
  switch (i->code) {
    case 0x50:
      return push(c, get_register(c, i->base, 8));
    case 0x58:
      return pop(c, i->base);
    case 0x63:
      a = get(c, i, 4);
      a.value = (uint64_t)extended(a.value, 4);
      set_register(c, i->reg, a, width);
      return !a.refused;
    case 0x85:
      a = get(c, i, width);
      arithmetic(c, AND, a, get_register(c, i->reg, width), width);
      return !a.refused;
    case 0x89:
      return put(c, i, get_register(c, i->reg, width), width);
    case 0x8b:
      a = get(c, i, width);
      set_register(c, i->reg, a, width);
      return !a.refused;
    case 0x8d:
      set_register(c, i->reg, address_of(c, i), width);
      return i->is_memory;
    case 0xa9:
      arithmetic(c, AND, get_register(c, RAX, width), immediate, width);
      return 1;
    case 0xb8:
      set_register(c, i->base, immediate, width);
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
      a.value = cut(a.value + ((i->reg & 7) == 0 ? 1u : ~0ull), width);
      set_flags(c, SLV_FLAGS_RESULT, a, zero, width);
      return put(c, i, a, width);
    default:
      return 0;
  }
}

// Context: any
int slv_instruction_execute(struct slv_code *c, const struct slv_instruction *i) {
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

#endif
