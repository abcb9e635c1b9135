// exit and its kin: entry points without a frame of their own. Programs and sanitizers print their own stacks,
// from abort() and its like: they read as without the library. Each one
// notes the end (hooks/exit.c), then goes on to the function that it stands in front of, with the
// program's return address and argument. Context: as the C function of the same subject.
#if defined(__x86_64__)
  .macro noted name, note
  .globl \name
  .type \name, @function
  .balign 16
\name:
  .cfi_startproc
  endbr64
  pushq %rdi
  .cfi_adjust_cfa_offset 8
  call \note
  popq %rdi
  .cfi_adjust_cfa_offset -8
  jmpq *%rax
  .cfi_endproc
  .size \name, . - \name
  .endm

  .text
  noted exit, slv_note_exit
  noted _exit, slv_note__exit
  noted _Exit, slv_note__Exit
  noted quick_exit, slv_note_quick_exit
  noted abort, slv_note_abort

#elif defined(__aarch64__)
  .macro noted name, note
  .globl \name
  .type \name, %function
  .balign 16
\name:
  .cfi_startproc
  hint #34 // bti c
  stp x29, x30, [sp, #-32]!
  .cfi_def_cfa_offset 32
  .cfi_offset x29, -32
  .cfi_offset x30, -24
  str x0, [sp, #16]
  bl \note
  mov x16, x0
  ldr x0, [sp, #16]
  ldp x29, x30, [sp], #32
  .cfi_restore x29
  .cfi_restore x30
  .cfi_def_cfa_offset 0
  br x16
  .cfi_endproc
  .size \name, . - \name
  .endm

  .text
  noted exit, slv_note_exit
  noted _exit, slv_note__exit
  noted _Exit, slv_note__Exit
  noted quick_exit, slv_note_quick_exit
  noted abort, slv_note_abort

#endif
#include "base/marks.inc"
