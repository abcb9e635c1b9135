// The loops that copy private counters into a slot. They touch memory that others may have taken away: the
// program its counters (mprotect), the file system the recording. A fault in here, between slv_flush_loops
// and slv_flush_loops_end, goes on at slv_flush_failed (life/death.c): for that they keep nothing on the
// stack, which is why they are not C.
//
// Context: any. All return 0, or 1 where a fault ended them.

  .text
  .globl slv_flush_loops, slv_flush_loops_end, slv_flush_failed, slv_flush_words, slv_flush_bytes
  .hidden slv_flush_loops, slv_flush_loops_end, slv_flush_failed, slv_flush_words, slv_flush_bytes
  .balign 64
slv_flush_loops:

// int slv_flush_words(const uint64_t *memory, uint64_t *shared, uint64_t *saved, size_t count)
//
// The exchange first: a death between the two loses this count, it never counts twice. Flushes of several
// threads, or of a handler inside one, may overlap: each adds its own difference. A load from the slot before
// that, for what a fault there has taken would look saved to the next flush.
//
// int slv_flush_bytes(const char *memory, char *shared, size_t count, int both)
//
// Where `both`, a byte becomes 0 when either is; else it gets the bits of either.

#if defined(__x86_64__)

  .type slv_flush_words, @function
slv_flush_words:
  .cfi_startproc
  endbr64
1:
  testq %rcx, %rcx
  jz 3f
  movq (%rdi), %rax
  cmpq (%rdx), %rax
  je 2f
  movq (%rsi), %r8
  movq %rax, %r8
  xchgq %r8, (%rdx)
  subq %r8, %rax
  lock addq %rax, (%rsi)
2:
  addq $8, %rdi
  addq $8, %rsi
  addq $8, %rdx
  decq %rcx
  jmp 1b
3:
  xorl %eax, %eax
  ret
  .cfi_endproc
  .size slv_flush_words, . - slv_flush_words

  .type slv_flush_bytes, @function
slv_flush_bytes:
  .cfi_startproc
  endbr64
1:
  testq %rdx, %rdx
  jz 4f
  movb (%rdi), %al
  testl %ecx, %ecx
  jz 2f
  lock andb %al, (%rsi)
  jmp 3f
2:
  lock orb %al, (%rsi)
3:
  incq %rdi
  incq %rsi
  decq %rdx
  jmp 1b
4:
  xorl %eax, %eax
  ret
  .cfi_endproc
  .size slv_flush_bytes, . - slv_flush_bytes

slv_flush_loops_end:
  .type slv_flush_failed, @function
slv_flush_failed:
  .cfi_startproc
  movl $1, %eax
  ret
  .cfi_endproc
  .size slv_flush_failed, . - slv_flush_failed

#elif defined(__aarch64__)

  .type slv_flush_words, %function
slv_flush_words:
  .cfi_startproc
  hint #34
1:
  cbz x3, 5f
  ldr x4, [x0]
  ldr x5, [x2]
  cmp x4, x5
  b.eq 4f
  ldr x5, [x1]
2:
  ldaxr x5, [x2]
  stlxr w6, x4, [x2]
  cbnz w6, 2b
  sub x4, x4, x5
3:
  ldaxr x5, [x1]
  add x5, x5, x4
  stlxr w6, x5, [x1]
  cbnz w6, 3b
4:
  add x0, x0, #8
  add x1, x1, #8
  add x2, x2, #8
  sub x3, x3, #1
  b 1b
5:
  mov w0, #0
  ret
  .cfi_endproc
  .size slv_flush_words, . - slv_flush_words

  .type slv_flush_bytes, %function
slv_flush_bytes:
  .cfi_startproc
  hint #34
1:
  cbz x2, 4f
  ldrb w4, [x0]
2:
  ldaxrb w5, [x1]
  and w7, w5, w4
  orr w8, w5, w4
  cmp w3, #0
  csel w5, w8, w7, eq
  stlxrb w6, w5, [x1]
  cbnz w6, 2b
  add x0, x0, #1
  add x1, x1, #1
  sub x2, x2, #1
  b 1b
4:
  mov w0, #0
  ret
  .cfi_endproc
  .size slv_flush_bytes, . - slv_flush_bytes

slv_flush_loops_end:
  .type slv_flush_failed, %function
slv_flush_failed:
  .cfi_startproc
  mov w0, #1
  ret
  .cfi_endproc
  .size slv_flush_failed, . - slv_flush_failed

#endif

#include "base/marks.inc"
