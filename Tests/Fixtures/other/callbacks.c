// A program's own callbacks of -fsanitize-coverage=trace-pc-guard: at its end it says which blocks it saw,
// by link-time address. Compiled without that option.
#include <stdint.h>
#include <stdio.h>

#define BLOCKS 65536

extern const char image[] __asm__("__ehdr_start") __attribute__((visibility("hidden")));
static const uintptr_t *table;
static unsigned char seen[BLOCKS];
static uint32_t count;

void __sanitizer_cov_bool_flag_init(uint8_t *begin, uint8_t *end) { (void)begin, (void)end; }

void __sanitizer_cov_pcs_init(const uintptr_t *begin, const uintptr_t *end) {
  (void)end;
  table = begin;
}

void __sanitizer_cov_trace_pc_guard_init(uint32_t *begin, uint32_t *end) {
  if (begin == end || *begin != 0) return;
  for (uint32_t *guard = begin; guard < end && count + 1 < BLOCKS; guard++) *guard = ++count;
}

void __sanitizer_cov_trace_pc_guard(uint32_t *guard) {
  if (*guard != 0) seen[*guard] = 1;
}

// After every other destructor.
__attribute__((destructor(101))) static void tell(void) {
  for (uint32_t i = 0; i < count; i++)
    if (seen[i + 1]) printf("block %lx\n", (unsigned long)(table[2 * i] - (uintptr_t)image));
}
