// Takes instructions of x86-64 apart, as far as generated functions of clang's --coverage have them: what clang
// 14 to 21 make of these from -O0 to -O3.
#ifndef SLV_PROCESSOR_DECODE_H
#define SLV_PROCESSOR_DECODE_H

#include "processors/x86_64/sources/instruction.h"
#include "base/bytes.h"

enum shape { UNKNOWN = 0, PLAIN = 1, OPERANDS = 2, BYTE = 4, WORD = 8, REGISTER = 16 };

// What follows the code of an instruction. Context: any
static int shape_of(unsigned code) {
  if (code < 0x40) {
    int which = (int)(code >> 3);
    if (which == 2 || which == 3) return UNKNOWN; // with carry
    return (code & 7) == 1 || (code & 7) == 3 ? OPERANDS : (code & 7) == 5 ? WORD : UNKNOWN;
  }
  if (code >= 0x50 && code < 0x60) return REGISTER;
  if (code >= 0x70 && code < 0x80) return BYTE;
  if (code >= 0xb8 && code < 0xc0) return WORD | REGISTER;
  if (code >= 0x0f80 && code < 0x0f90) return WORD;
  switch (code) {
    case 0x63:   // movslq
    case 0x85:   // test
    case 0x89:   // mov
    case 0x8b:   // mov
    case 0x8d:   // lea
    case 0xd1:   // shifts by one
    case 0xff:   // inc, dec
    case 0x0f1f: // nop
    case 0x0faf: // imul
      return OPERANDS;
    case 0x69: // imul
    case 0x81: // arithmetic
    case 0xc7: // mov
    case 0xf7: // test
      return OPERANDS | WORD;
    case 0x6b: // imul
    case 0x83: // arithmetic
    case 0xc1: // shifts
      return OPERANDS | BYTE;
    case 0xa9: // test
    case 0xe8: // call
    case 0xe9: // jmp
      return WORD;
    case 0xeb: // jmp
      return BYTE;
    case 0x90: // nop
    case 0xc3: // ret
      return PLAIN;
    default:
      return UNKNOWN;
  }
}

// Context: any
static int64_t signed_at(const unsigned char *at, unsigned bytes) {
  int64_t value = 0;
  if (bytes == 1) return (signed char)*at;
  __builtin_memcpy(&value, at, bytes);
  return bytes == 4 ? (int32_t)value : value;
}

// Context: any
static const unsigned char *operands(struct slv_instruction *i, const unsigned char *at,
                                     unsigned rex) {
  unsigned byte = *at++, mode = byte >> 6, low = byte & 7;
  i->reg = (int)((byte >> 3 & 7) | (rex & 4) << 1);
  i->base = (int)(low | (rex & 1) << 3);
  i->is_memory = mode != 3;
  if (!i->is_memory) return at;
  i->base_register = i->base;
  if (low == 4) {
    unsigned parts = *at++;
    int index = (int)((parts >> 3 & 7) | (rex & 2) << 2);
    i->index_register = index == RSP ? -1 : index;
    i->scale = 1 << (parts >> 6);
    i->base_register = (int)((parts & 7) | (rex & 1) << 3);
    if ((parts & 7) == 5 && mode == 0) i->base_register = -1;
  } else if (low == 5 && mode == 0) {
    i->base_register = -1;
    i->is_relative = 1;
  }
  unsigned bytes = mode == 1 ? 1 : mode == 2 || i->base_register < 0 ? 4 : 0;
  i->offset = bytes == 0 ? 0 : signed_at(at, bytes);
  return at + bytes;
}

// Context: any
int slv_instruction_decode(const unsigned char *at, struct slv_instruction *i) {
  static const unsigned char landing[] = {0xf3, 0x0f, 0x1e, 0xfa}; // endbr64
  const unsigned char *start = at;
  unsigned rex = 0, prefixed = 0;
  *i = (struct slv_instruction){.base_register = -1, .index_register = -1, .scale = 1};
  if (slv_equal(at, landing, sizeof landing)) {
    i->code = 0x90;
    i->length = sizeof landing;
    return 1;
  }
  for (; *at == 0x66 || *at == 0x2e; at++)
    if (++prefixed > 10) return 0; // padding
  if ((*at & 0xf0) == 0x40) rex = *at++;
  i->wide = (rex & 8) != 0;
  i->code = *at++;
  if (i->code == 0x90 && (rex & 1)) return 0; // xchg
  if (i->code == 0x0f) i->code = 0x0f00u | *at++;
  int shape = shape_of(i->code);
  if (shape == UNKNOWN || (prefixed && i->code != 0x90 && i->code != 0x0f1f)) return 0;
  if (shape & REGISTER) i->base = (int)((i->code & 7) | (rex & 1) << 3), i->code &= ~7u;
  if (shape & OPERANDS) at = operands(i, at, rex);
  if (i->code == 0xf7 && (i->reg & 7) != 0) return 0;
  unsigned bytes = shape & BYTE ? 1 : shape & WORD ? i->code == 0xb8 && i->wide ? 8 : 4 : 0;
  if (bytes != 0) i->immediate = signed_at(at, bytes);
  i->length = (uint32_t)(at + bytes - start);
  return 1;
}

#endif
