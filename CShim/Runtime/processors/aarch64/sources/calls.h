// Calls in code of aarch64. Of sources/calls.c.
#ifndef SLV_PROCESSOR_CALLS_H
#define SLV_PROCESSOR_CALLS_H

// The link-time address that an instruction before `at` + 4, of which `at` is at `linked`, leads to: a call,
// or a jump. 0: it is none such. Context: any
static uint64_t slv_leads_to(const unsigned char *at, uint64_t linked, int is_fixed) {
  uint32_t word;
  (void)is_fixed;
  __builtin_memcpy(&word, at, 4);
  return (word & 0x7c000000) == 0x14000000
             ? linked + (uint64_t)((int64_t)((uint64_t)word << 38) >> 36)
             : 0;
}

#endif
