// dlopen: an entry point without a frame of their own, for the loader searches where its caller's own
// RUNPATH says. Its arguments are slv_note_dlopen's too. See hooks/exit.S. Context: thread
  .text
  .globl dlopen
  .balign 16
#if defined(__x86_64__)
  .type dlopen, @function
dlopen:
  .cfi_startproc
  endbr64
  pushq %rdi
  .cfi_adjust_cfa_offset 8
  pushq %rsi
  .cfi_adjust_cfa_offset 8
  subq $8, %rsp
  .cfi_adjust_cfa_offset 8
  call slv_note_dlopen
  addq $8, %rsp
  .cfi_adjust_cfa_offset -8
  popq %rsi
  .cfi_adjust_cfa_offset -8
  popq %rdi
  .cfi_adjust_cfa_offset -8
  jmpq *%rax
  .cfi_endproc
#elif defined(__aarch64__)
  .type dlopen, %function
dlopen:
  .cfi_startproc
  hint #34 // bti c
  stp x29, x30, [sp, #-32]!
  .cfi_def_cfa_offset 32
  .cfi_offset x29, -32
  .cfi_offset x30, -24
  stp x0, x1, [sp, #16]
  bl slv_note_dlopen
  mov x16, x0
  ldp x0, x1, [sp, #16]
  ldp x29, x30, [sp], #32
  .cfi_restore x29
  .cfi_restore x30
  .cfi_def_cfa_offset 0
  br x16
  .cfi_endproc
#endif
  .size dlopen, . - dlopen

// dlmopen: the same, with one argument more.
  .globl dlmopen
  .balign 16
#if defined(__x86_64__)
  .type dlmopen, @function
dlmopen:
  .cfi_startproc
  endbr64
  pushq %rdi
  .cfi_adjust_cfa_offset 8
  pushq %rsi
  .cfi_adjust_cfa_offset 8
  pushq %rdx
  .cfi_adjust_cfa_offset 8
  call slv_note_dlmopen
  popq %rdx
  .cfi_adjust_cfa_offset -8
  popq %rsi
  .cfi_adjust_cfa_offset -8
  popq %rdi
  .cfi_adjust_cfa_offset -8
  jmpq *%rax
  .cfi_endproc
#elif defined(__aarch64__)
  .type dlmopen, %function
dlmopen:
  .cfi_startproc
  hint #34 // bti c
  stp x29, x30, [sp, #-48]!
  .cfi_def_cfa_offset 48
  .cfi_offset x29, -48
  .cfi_offset x30, -40
  stp x0, x1, [sp, #16]
  str x2, [sp, #32]
  bl slv_note_dlmopen
  mov x16, x0
  ldr x2, [sp, #32]
  ldp x0, x1, [sp, #16]
  ldp x29, x30, [sp], #48
  .cfi_restore x29
  .cfi_restore x30
  .cfi_def_cfa_offset 0
  br x16
  .cfi_endproc
#endif
  .size dlmopen, . - dlmopen

#include "base/marks.inc"
