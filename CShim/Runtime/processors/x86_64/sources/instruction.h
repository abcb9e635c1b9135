// The instructions of x86-64 that generated functions of clang's --coverage have.
#ifndef SLV_CLANG_GCOV_X86_H
#define SLV_CLANG_GCOV_X86_H

#include <stdint.h>

#include "sources/clang_gcov_code.h"

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11 };

struct slv_instruction {
  unsigned code; // 0x0f00 is added to those of two bytes
  int wide;      // 8 bytes, else 4
  int reg, base; // base: of code that names one register, or of a register operand
  int is_memory;
  int is_relative;                          // to the next instruction
  int base_register, index_register, scale; // -1: none
  int64_t offset, immediate;
  uint32_t length;
};

#define SLV_INSTRUCTION_BYTES 32u // that are looked at, at most

// ---- decode.h
// Takes apart the instruction at an address from which so many bytes can be read. 0: it is not known. Context: any
int slv_instruction_decode(const unsigned char *at, struct slv_instruction *i);

#endif
