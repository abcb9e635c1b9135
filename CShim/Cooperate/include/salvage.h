// For programs that want to cooperate with a recording. Nothing to link: where the injected library is
// absent, these calls do nothing and cost one load and one compare.
//
//   #include <salvage.h>
//   ...
//   salvage_flush(); // before something that may end this process behind everybody's back
//
// No program needs this: counters in shared pages are in the recording at each moment. It is for those
// that run under `salvage run --private`, or whose counters could not be shared (docs/Deaths.md), and
// to mark a moment in the ledger.
//
// How: a weak undefined reference, read through the global offset table. A weak definition here would
// win over the library's and never reach it; and without the detour over the table, GNU ld settles the
// reference to 0 when it links a program that is not position-independent.
#ifndef SALVAGE_H
#define SALVAGE_H

#if defined(__cplusplus)
extern "C" {
#endif

#if defined(__ELF__) && defined(__x86_64__) && !defined(__ILP32__)
#define SALVAGE_FUNCTION(pointer, name) \
  __asm__(".weak " name "\n\tmovq " name "@GOTPCREL(%%rip), %0" : "=r"(pointer))
#elif defined(__ELF__) && defined(__aarch64__)
#define SALVAGE_FUNCTION(pointer, name)                                                  \
  __asm__(".weak " name "\n\tadrp %0, :got:" name "\n\tldr %0, [%0, :got_lo12:" name "]" \
          : "=r"(pointer))
#else // nothing is recorded here
#define SALVAGE_FUNCTION(pointer, name) ((pointer) = 0)
#endif

// Their own names in the symbol table, for the library's stand in the reference.
static __inline__ void salvage_flush(void) __asm__("salvage_header_flush");
static __inline__ int salvage_is_recording(void) __asm__("salvage_header_is_recording");

// Brings this process's counters into the recording now, as far as they are not there, and marks the
// moment in the ledger. May be called anywhere, in signal handlers too.
static __inline__ void salvage_flush(void) {
  void (*function)(void);
  SALVAGE_FUNCTION(function, "salvage_flush");
  if (function != 0) function();
}

// 1 when this process is recorded, else 0. May be called anywhere.
static __inline__ int salvage_is_recording(void) {
  int (*function)(void);
  SALVAGE_FUNCTION(function, "salvage_is_recording");
  return function != 0 ? function() : 0;
}

#undef SALVAGE_FUNCTION

#if defined(__cplusplus)
}
#endif

#endif
