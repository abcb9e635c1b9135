// The entry of the program: __libc_start_main, and what goes before main, without frames of their own: stacks
// that a program or a sanitizer prints read as without the library. Context: constructor, but main itself
#if defined(__x86_64__)
  .text
// The seven arguments go through as they came, but for main where another one goes before it.
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
  .text
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
  adrp x9, slv_main_program
  ldr x9, [x9, :lo12:slv_main_program]
  cmp x9, #0
  csel x0, x0, x9, eq
  ldp x29, x30, [sp], #80
  .cfi_restore x29
  .cfi_restore x30
  .cfi_def_cfa_offset 0
  br x16
  .cfi_endproc
  .size __libc_start_main, . - __libc_start_main

#endif
#include "base/marks.inc"
