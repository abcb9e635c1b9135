// Calls in code of x86-64. Of sources/calls.c.
#ifndef SLV_PROCESSOR_CALLS_H
#define SLV_PROCESSOR_CALLS_H

// The link-time address that an instruction before `at` + 4, of which `at` is at `linked`, leads to: a call,
// a jump, or an address that is taken. 0: it is none such. Context: any
static uint64_t slv_leads_to(const unsigned char *at, uint64_t linked, int is_fixed) {
  int32_t offset;
  unsigned char code = at[-1];
  __builtin_memcpy(&offset, at, 4);
  if (code == 0xe8 || code == 0xe9 || (code & 0xc7) == 0x05)
    return linked + 4 + (uint64_t)(int64_t)offset;
  // mov $address, of a program at a fixed place
  return is_fixed && (code & 0xf8) == 0xb8 ? (uint32_t)offset : 0;
}

#endif
