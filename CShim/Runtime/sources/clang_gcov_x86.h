// The instructions of x86-64 that generated functions of clang's --coverage have.
#ifndef SLV_CLANG_GCOV_X86_H
#define SLV_CLANG_GCOV_X86_H

#include <stdint.h>

#include "sources/clang_gcov.h"

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

// ---- sources/clang_gcov_x86.c
// Takes apart the instruction at an address from which so many bytes can be read. 0: it is not known. Context: any
int slv_instruction_decode(const unsigned char *at, struct slv_instruction *i);

// The segment with these flags that holds the address. Context: any
int slv_code_segment(const struct dl_phdr_info *info, uint32_t flags, uintptr_t address,
                     uintptr_t *low, uintptr_t *high);

// ---- sources/clang_gcov_execute.c

// No address of a process is there.
#define SLV_STACK_TOP 0xffff900000000000ull
#define SLV_STACK_BOTTOM (SLV_STACK_TOP - SLV_CODE_STACK)
#define SLV_CODE_ENTRY (SLV_STACK_TOP - 8) // of the stack pointer: the return address

enum slv_code_flags {
  SLV_FLAGS_UNKNOWN = 0,
  SLV_FLAGS_COMPARED, // as after a comparison of `left` with `right`
  SLV_FLAGS_RESULT,   // zero and sign of `left` alone
};

// Does what the instruction says, if it is none that leads elsewhere. 0: refused. Context: any
int slv_instruction_execute(struct slv_code *code, const struct slv_instruction *i);

// Whether a conditional jump is taken; -1: that can't be known. Context: any
int slv_code_is_taken(const struct slv_code *code, unsigned condition);

#endif
