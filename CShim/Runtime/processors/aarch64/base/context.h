// Registers of aarch64 where a signal interrupted a thread. Of base/context.h.
#ifndef SLV_PROCESSOR_CONTEXT_H
#define SLV_PROCESSOR_CONTEXT_H

// The next instruction; it can be set.
#define SLV_NEXT(context) (context)->uc_mcontext.pc

// Of a system call: what it returned; before it is made, its number and its second argument.
#define SLV_CALL_RESULT(context) ((slv_word)(context)->uc_mcontext.regs[0])
#define SLV_CALL_NUMBER(context) ((slv_word)(context)->uc_mcontext.regs[8])
#define SLV_CALL_SECOND(context) ((slv_word)(context)->uc_mcontext.regs[1])

// Whether the number is still there after the call.
#define SLV_CALL_NUMBER_STAYS 1

// The instruction of a system call: its bytes, and whether it stands at an address.
#define SLV_CALL_BYTES 4

// Context: any
static inline int slv_is_call(uintptr_t address) {
  return *(const uint32_t *)address == 0xd4000001u;
}

#endif
