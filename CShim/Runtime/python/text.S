// The Python that is part of the library, as text that ends with a NUL.
  .section .rodata
  .globl slv_guard_text
  .hidden slv_guard_text
slv_guard_text:
  .incbin "python/guard.py"
  .byte 0

#if defined(__CET__)
#include <cet.h>
#endif
#if defined(__aarch64__)
  .section .note.gnu.property, "a" // branch target identification stays on
  .p2align 3
  .long 4, 16, 5
  .asciz "GNU"
  .long 0xc0000000, 4, 3, 0
#endif
  .section .note.GNU-stack, "", %progbits
