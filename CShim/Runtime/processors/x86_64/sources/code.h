// Registers of x86-64 in calls. Of sources/clang_gcov_code.h.
#ifndef SLV_PROCESSOR_CODE_H
#define SLV_PROCESSOR_CODE_H

#define SLV_CODE_STACK_POINTER 4
#define SLV_CODE_ENTRY \
  (SLV_STACK_TOP - 8) // of the stack pointer: the return address is on the stack
#define SLV_CODE_ARGUMENTS \
  { 7, 6, 2 }                 // registers
#define SLV_CODE_KEPT 0xf038u // set of registers that a function keeps

#endif
