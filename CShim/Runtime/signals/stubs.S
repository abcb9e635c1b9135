// The signal entry points, in the processor's own language. One stub for each view of signals/chain.c: the
// kernel keeps a stub's address as the handler, so which view a delivery belongs to is swapped
// together with the action itself, and needs no lock.
//
// Context: any. A stub calls *slv_signal_entry(signal, info, context, number) and then goes on to the
// program's handler with the registers and the stack that the kernel made (a tail jump: unwinders see
// what they see without us), or, for 0, returns to the restorer.
#include "signals/stubs.h"

// life/death.c's slv_signal_entered, which start/init.c puts here: the kernel comes in at the bottom.
  .data
  .globl slv_signal_entry
  .hidden slv_signal_entry
  .balign 8
slv_signal_entry:
  .quad 0

#if defined(__x86_64__)

  .text
  .globl slv_signal_stubs
  .hidden slv_signal_stubs
  .type slv_signal_stubs, @function
  .balign SLV_STUB_SIZE
slv_signal_stubs:
  .cfi_startproc
  .set number, 0
  .rept SLV_STUBS
  endbr64
  movl $number, %ecx
  jmp slv_signal_common
  .balign SLV_STUB_SIZE
  .set number, number + 1
  .endr
slv_signal_common:
  pushq %rdi
  .cfi_adjust_cfa_offset 8
  pushq %rsi
  .cfi_adjust_cfa_offset 8
  pushq %rdx
  .cfi_adjust_cfa_offset 8
  cld
  call *slv_signal_entry(%rip)
  popq %rdx
  .cfi_adjust_cfa_offset -8
  popq %rsi
  .cfi_adjust_cfa_offset -8
  popq %rdi
  .cfi_adjust_cfa_offset -8
  testq %rax, %rax
  jz 1f
  jmpq *%rax
1:
  ret
  .cfi_endproc
  .size slv_signal_stubs, . - slv_signal_stubs

// gdb and the unwinders of gcc and LLVM know a signal frame by exactly these two instructions.
  .globl slv_signal_restorer
  .hidden slv_signal_restorer
  .type slv_signal_restorer, @function
  .balign 16
  nop
slv_signal_restorer:
  movq $15, %rax
  syscall
  .size slv_signal_restorer, . - slv_signal_restorer

// void slv_signal_return(siginfo_t *, void *context): leaves the handler whose frame this is.
  .globl slv_signal_return
  .hidden slv_signal_return
  .type slv_signal_return, @function
  .balign 16
slv_signal_return:
  endbr64
  movq %rsi, %rsp
  movq $15, %rax
  syscall
  hlt
  .size slv_signal_return, . - slv_signal_return

// void slv_call_on_stack(void (*function)(void *), void *argument, void *top)
  .globl slv_call_on_stack
  .hidden slv_call_on_stack
  .type slv_call_on_stack, @function
  .balign 16
slv_call_on_stack:
  .cfi_startproc
  endbr64
  pushq %rbp
  .cfi_adjust_cfa_offset 8
  .cfi_rel_offset %rbp, 0
  movq %rsp, %rbp
  .cfi_def_cfa_register %rbp
  movq %rdx, %rsp
  movq %rdi, %rax
  movq %rsi, %rdi
  call *%rax
  movq %rbp, %rsp
  popq %rbp
  .cfi_def_cfa %rsp, 8
  ret
  .cfi_endproc
  .size slv_call_on_stack, . - slv_call_on_stack

#elif defined(__aarch64__)

  .text
  .globl slv_signal_stubs
  .hidden slv_signal_stubs
  .type slv_signal_stubs, %function
  .balign SLV_STUB_SIZE
slv_signal_stubs:
  .cfi_startproc
  .set number, 0
  .rept SLV_STUBS
  hint #34
  mov w3, #number
  b slv_signal_common
  .balign SLV_STUB_SIZE
  .set number, number + 1
  .endr
slv_signal_common:
  stp x29, x30, [sp, #-48]!
  .cfi_def_cfa_offset 48
  .cfi_rel_offset x29, 0
  .cfi_rel_offset x30, 8
  stp x0, x1, [sp, #16]
  str x2, [sp, #32]
  mov x29, sp
  adrp x9, slv_signal_entry
  ldr x9, [x9, :lo12:slv_signal_entry]
  blr x9
  mov x16, x0
  ldr x2, [sp, #32]
  ldp x0, x1, [sp, #16]
  ldp x29, x30, [sp], #48
  .cfi_def_cfa_offset 0
  .cfi_restore x29
  .cfi_restore x30
  cbz x16, 1f
  br x16
1:
  ret
  .cfi_endproc
  .size slv_signal_stubs, . - slv_signal_stubs

// The frame begins with the siginfo.
  .globl slv_signal_return
  .hidden slv_signal_return
  .type slv_signal_return, %function
slv_signal_return:
  hint #34
  mov sp, x0
  mov x8, #139
  svc #0
  brk #0
  .size slv_signal_return, . - slv_signal_return

  .globl slv_call_on_stack
  .hidden slv_call_on_stack
  .type slv_call_on_stack, %function
slv_call_on_stack:
  .cfi_startproc
  hint #34
  stp x29, x30, [sp, #-16]!
  .cfi_def_cfa_offset 16
  .cfi_rel_offset x29, 0
  .cfi_rel_offset x30, 8
  mov x29, sp
  .cfi_def_cfa_register x29
  mov sp, x2
  mov x9, x0
  mov x0, x1
  blr x9
  mov sp, x29
  .cfi_def_cfa_register sp
  ldp x29, x30, [sp], #16
  .cfi_def_cfa_offset 0
  .cfi_restore x29
  .cfi_restore x30
  ret
  .cfi_endproc
  .size slv_call_on_stack, . - slv_call_on_stack

#endif

#include "base/marks.inc"
