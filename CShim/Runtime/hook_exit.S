// exit and its kin, main and its caller: entry points without a frame of ours. Programs and sanitizers print
// their own stacks, from abort() and from what main calls: they read as without the library. Each one
// notes the end (hook_exit.c), then goes on to the function that it stands in front of, with the
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

// The seven arguments go through as they came, but for main in a process that records.
  .globl __libc_start_main
  .type __libc_start_main, @function
  .balign 16
__libc_start_main:
  .cfi_startproc
  endbr64
  pushq %rdi
  .cfi_adjust_cfa_offset 8
  pushq %rsi
  .cfi_adjust_cfa_offset 8
  pushq %rdx
  .cfi_adjust_cfa_offset 8
  pushq %rcx
  .cfi_adjust_cfa_offset 8
  pushq %r8
  .cfi_adjust_cfa_offset 8
  pushq %r9
  .cfi_adjust_cfa_offset 8
  subq $8, %rsp
  .cfi_adjust_cfa_offset 8
  call slv_start
  addq $8, %rsp
  .cfi_adjust_cfa_offset -8
  popq %r9
  .cfi_adjust_cfa_offset -8
  popq %r8
  .cfi_adjust_cfa_offset -8
  popq %rcx
  .cfi_adjust_cfa_offset -8
  popq %rdx
  .cfi_adjust_cfa_offset -8
  popq %rsi
  .cfi_adjust_cfa_offset -8
  popq %rdi
  .cfi_adjust_cfa_offset -8
  cmpq $0, slv_main_program(%rip)
  jz 1f
  leaq slv_main(%rip), %rdi
1:
  jmpq *%rax
  .cfi_endproc
  .size __libc_start_main, . - __libc_start_main

// Keeps where main's return address stands, and goes on to the program's main.
  .globl slv_main
  .hidden slv_main
  .type slv_main, @function
  .balign 16
slv_main:
  .cfi_startproc
  endbr64
  movq (%rsp), %rax
  movq %rax, slv_main_return(%rip)
  movq %rsp, slv_main_slot(%rip)
  jmpq *slv_main_program(%rip)
  .cfi_endproc
  .size slv_main, . - slv_main

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

// All seven arguments are in registers.
  .globl __libc_start_main
  .type __libc_start_main, %function
  .balign 16
__libc_start_main:
  .cfi_startproc
  hint #34
  stp x29, x30, [sp, #-80]!
  .cfi_def_cfa_offset 80
  .cfi_offset x29, -80
  .cfi_offset x30, -72
  stp x0, x1, [sp, #16]
  stp x2, x3, [sp, #32]
  stp x4, x5, [sp, #48]
  str x6, [sp, #64]
  bl slv_start
  mov x16, x0
  ldp x0, x1, [sp, #16]
  ldp x2, x3, [sp, #32]
  ldp x4, x5, [sp, #48]
  ldr x6, [sp, #64]
  ldp x29, x30, [sp], #80
  .cfi_restore x29
  .cfi_restore x30
  .cfi_def_cfa_offset 0
  br x16
  .cfi_endproc
  .size __libc_start_main, . - __libc_start_main

#endif
#include "safe/marks.inc"
