// Registers of aarch64 in calls. Of sources/clang_gcov_code.h.
#ifndef SLV_PROCESSOR_CODE_H
#define SLV_PROCESSOR_CODE_H

#define SLV_CODE_STACK_POINTER 31
#define SLV_CODE_LINK 30             // the register that holds the return address
#define SLV_CODE_ENTRY SLV_STACK_TOP // of the stack pointer
#define SLV_CODE_ARGUMENTS \
  { 0, 1, 2 }                     // registers
#define SLV_CODE_KEPT 0xbff80000u // set of registers that a function keeps

#endif
