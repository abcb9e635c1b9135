// For programs built with clang's -fsanitize-coverage=...,pc-table that are linked without a sanitizer's
// runtime: the callbacks that the compiler's code wants. Compile this file without that option, and link
// it into the program and into each instrumented library:
//
//   cc -c sancov.c
//   clang -fsanitize-coverage=inline-bool-flag,pc-table -g -c program.c
//   clang program.o sancov.o -o program
//
// The program then starts with and without Salvage. It works for trace-pc-guard beside a sanitizer's
// runtime too (-fsanitize=address), whose own callbacks keep to themselves what they are told; those
// then hear nothing (ASAN_OPTIONS=coverage=1 writes nothing).
//
// Counters and flags need no more than to be there. A guard is a word for each block; the callback sets
// it. Salvage knows by the section's name that the guards are set here.
#include <stdint.h>

#define SALVAGE_CALLBACK __attribute__((visibility("hidden"), section("salvage_sancov")))

#if defined(__cplusplus)
extern "C" {
#endif

SALVAGE_CALLBACK void __sanitizer_cov_8bit_counters_init(uint8_t *begin, uint8_t *end) {
  (void)begin;
  (void)end;
}

SALVAGE_CALLBACK void __sanitizer_cov_bool_flag_init(uint8_t *begin, uint8_t *end) {
  (void)begin;
  (void)end;
}

SALVAGE_CALLBACK void __sanitizer_cov_pcs_init(const uintptr_t *begin, const uintptr_t *end) {
  (void)begin;
  (void)end;
}

SALVAGE_CALLBACK void __sanitizer_cov_trace_pc_guard_init(uint32_t *begin, uint32_t *end) {
  (void)begin;
  (void)end;
}

SALVAGE_CALLBACK void __sanitizer_cov_trace_pc_guard(uint32_t *guard) {
  if (__atomic_load_n(guard, __ATOMIC_RELAXED) == 0) __atomic_store_n(guard, 1, __ATOMIC_RELAXED);
}

#if defined(__cplusplus)
}
#endif
