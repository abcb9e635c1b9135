// The signal entry points, in the processor's own language. One stub for each view of signals/chain.c: the
// kernel keeps a stub's address as the handler, so which view a delivery belongs to is swapped
// together with the action itself, and needs no lock.
//
// Context: any. A stub calls *slv_signal_entry(signal, info, context, number) and then goes on to the
// program's handler with the registers and the stack that the kernel made (a tail jump: unwinders see
// what they see without us), or, for 0, returns to the restorer.
#include "base/processor.h"
#include "signals/stubs.h"

// life/death.c's slv_signal_entered, which start/init.c puts here: the kernel comes in at the bottom.
  .data
  .globl slv_signal_entry
  .hidden slv_signal_entry
  .balign 8
slv_signal_entry:
  .quad 0

#include SLV_PROCESSOR_FILE(signals, stubs.inc)

#include "base/marks.inc"
