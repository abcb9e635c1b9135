// syscall(): compares, and leaves at once to whoever comes next for a number that is not ours, with
// registers, stack and return address as they came: a child with a stack of its own, or one that
// shares ours (vfork), never passes through C. slv_syscall_numbers is empty in a process that records
// nothing.
#if defined(__x86_64__)
  .text
  .globl syscall
  .type syscall, @function
syscall:
  endbr64
  cmpq $512, %rdi
  jae 1f
  leaq slv_syscall_numbers(%rip), %rax
  btq %rdi, (%rax)
  jc 2f
1:
  movq slv_syscall_next(%rip), %rax
  testq %rax, %rax
  jz 3f
  jmp *%rax
2:
  jmp slv_syscall_dispatch
3: // before the constructor: the call itself
  movq %rdi, %rax
  movq %rsi, %rdi
  movq %rdx, %rsi
  movq %rcx, %rdx
  movq %r8, %r10
  movq %r9, %r8
  movq 8(%rsp), %r9
  syscall
  cmpq $-4095, %rax
  jae 4f
  ret
4:
  movq %rax, %rdi
  jmp slv_syscall_failed
  .size syscall, . - syscall
#elif defined(__aarch64__)
  .text
  .globl syscall
  .type syscall, %function
syscall:
  hint #34 // bti c
  cmp x0, #512
  b.hs 1f
  adrp x9, slv_syscall_numbers
  add x9, x9, :lo12:slv_syscall_numbers
  lsr x10, x0, #6
  ldr x9, [x9, x10, lsl #3]
  lsr x9, x9, x0
  tbnz x9, #0, slv_syscall_dispatch
1:
  adrp x9, slv_syscall_next
  ldr x16, [x9, :lo12:slv_syscall_next]
  cbz x16, 3f
  br x16
3: // before the constructor: the call itself
  mov x8, x0
  mov x0, x1
  mov x1, x2
  mov x2, x3
  mov x3, x4
  mov x4, x5
  mov x5, x6
  svc #0
  cmn x0, #4095
  b.cs slv_syscall_failed
  ret
  .size syscall, . - syscall
#endif
#include "base/marks.inc"
