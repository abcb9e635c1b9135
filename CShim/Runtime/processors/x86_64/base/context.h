// Registers of x86-64 where a signal interrupted a thread. Of base/context.h.
#ifndef SLV_PROCESSOR_CONTEXT_H
#define SLV_PROCESSOR_CONTEXT_H

// The next instruction; it can be set.
#define SLV_NEXT(context) (context)->uc_mcontext.gregs[REG_RIP]

// Of a system call: what it returned; before it is made, its number and its second argument.
#define SLV_CALL_RESULT(context) ((slv_word)(context)->uc_mcontext.gregs[REG_RAX])
#define SLV_CALL_NUMBER(context) ((slv_word)(context)->uc_mcontext.gregs[REG_RAX])
#define SLV_CALL_SECOND(context) ((slv_word)(context)->uc_mcontext.gregs[REG_RSI])

// Whether the number is still there after the call: here the result takes its place.
#define SLV_CALL_NUMBER_STAYS 0

// The instruction of a system call: its bytes, and whether it stands at an address.
#define SLV_CALL_BYTES 2

// Context: any
static inline int slv_is_call(uintptr_t address) {
  const unsigned char *code = (const unsigned char *)address;
  return code[0] == 0x0f && code[1] == 0x05;
}

#endif
