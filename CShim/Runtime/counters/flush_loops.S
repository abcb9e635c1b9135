// The loops that copy private counters into a slot. They touch memory that others may have taken away: the
// program its counters (mprotect), the file system the recording. A fault in here, between slv_flush_loops
// and slv_flush_loops_end, goes on at slv_flush_failed (life/death.c): for that they keep nothing on the
// stack, which is why they are not C.
//
// Context: any. All return 0, or 1 where a fault ended them.
#include "base/processor.h"

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

#include SLV_PROCESSOR_FILE(counters, flush_loops.inc)

#include "base/marks.inc"
