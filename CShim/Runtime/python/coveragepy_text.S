// The Python that is part of the library, as text that ends with a NUL.
#include "base/processor.h"

  .section .rodata
  .globl slv_guard_text
  .hidden slv_guard_text
slv_guard_text:
  .incbin "python/coveragepy.py"
  .byte 0

#include "base/marks.inc"
