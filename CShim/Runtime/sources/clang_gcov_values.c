// Values that are known, or not: of registers, a small stack, memory of an object, and what was compared last.
#include "sources/clang_gcov_code.h"

#if SLV_READS_CLANG_CODE

// Context: any
uint64_t slv_code_cut(uint64_t value, int width) {
  return width == 8 ? value : value & ((1ull << 8 * width) - 1);
}

// Context: any
int64_t slv_code_extended(uint64_t value, int width) {
  int rest = 64 - 8 * width;
  return (int64_t)(value << rest) >> rest;
}

// Context: any
static int is_stack(uint64_t address, int width) {
  return address >= SLV_STACK_BOTTOM && address <= SLV_STACK_TOP - (uint64_t)width;
}

// The segment with these flags that holds the address. Context: any
static int find_segment(const struct dl_phdr_info *info, uint32_t flags, uintptr_t address,
                        uintptr_t *low, uintptr_t *high) {
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *p = &info->dlpi_phdr[i];
    uintptr_t from = info->dlpi_addr + p->p_vaddr;
    if (p->p_type != PT_LOAD || (p->p_flags & flags) != flags || address < from ||
        address - from >= p->p_memsz)
      continue;
    *low = from;
    *high = from + p->p_memsz;
    return 1;
  }
  return 0;
}

// Context: any
struct slv_operand slv_code_load(struct slv_code *c, struct slv_operand address, int width) {
  struct slv_operand result = {.known = 1};
  uint64_t at = address.value;
  if (!address.known) return (struct slv_operand){.refused = 1};
  if (is_stack(at, width)) {
    for (int n = 0; n < width; n++)
      result.known &= c->is_known[at - SLV_STACK_BOTTOM + (uint64_t)n];
    __builtin_memcpy(&result.value, c->stack + (at - SLV_STACK_BOTTOM), (size_t)width);
    return result;
  }
  if ((at < c->data_low || at >= c->data_high) &&
      !find_segment(c->info, PF_R, at, &c->data_low, &c->data_high))
    return (struct slv_operand){.refused = 1};
  if (c->data_high - at < (uint64_t)width) return (struct slv_operand){.refused = 1};
  __builtin_memcpy(&result.value, (const void *)at, (size_t)width);
  return result;
}

// Context: any
int slv_code_store(struct slv_code *c, struct slv_operand address, struct slv_operand value,
                   int width) {
  if (!address.known || !is_stack(address.value, width)) return 0;
  uint64_t at = address.value - SLV_STACK_BOTTOM;
  __builtin_memcpy(c->stack + at, &value.value, (size_t)width);
  for (int n = 0; n < width; n++) c->is_known[at + (uint64_t)n] = (unsigned char)value.known;
  return 1;
}

// Context: any
struct slv_operand slv_code_get(const struct slv_code *c, int number, int width) {
  return (struct slv_operand){slv_code_cut(c->value[number], width), (int)(c->known >> number & 1),
                              0};
}

// Context: any
void slv_code_set(struct slv_code *c, int number, struct slv_operand value, int width) {
  c->value[number] = slv_code_cut(value.value, width);
  c->known = (c->known & ~(1u << number)) | (uint32_t)value.known << number;
}

// Context: any
void slv_code_set_flags(struct slv_code *c, int flags, struct slv_operand left,
                        struct slv_operand right, int width) {
  c->flags = left.known && right.known ? flags : SLV_FLAGS_UNKNOWN;
  c->left = slv_code_cut(left.value, width);
  c->right = slv_code_cut(right.value, width);
  c->width = width;
}

// Context: any
int slv_code_holds(const struct slv_code *c, enum slv_condition condition) {
  int64_t left = slv_code_extended(c->left, c->width);
  int64_t right = slv_code_extended(c->right, c->width);
  if (c->flags == SLV_FLAGS_UNKNOWN) return -1;
  if (c->flags == SLV_FLAGS_RESULT && condition != SLV_IF_EQUAL && condition != SLV_IF_NEGATIVE)
    return -1;
  switch (condition) {
    case SLV_IF_BELOW:
      return c->left < c->right;
    case SLV_IF_EQUAL:
      return c->left == c->right;
    case SLV_IF_BELOW_OR_EQUAL:
      return c->left <= c->right;
    case SLV_IF_NEGATIVE:
      return slv_code_extended(slv_code_cut(c->left - c->right, c->width), c->width) < 0;
    case SLV_IF_LESS:
      return left < right;
    case SLV_IF_LESS_OR_EQUAL:
      return left <= right;
    default:
      return -1; // overflow, parity
  }
}

// Context: any
size_t slv_code_room(struct slv_code *c) {
  if ((c->at < c->low || c->at >= c->high) &&
      !find_segment(c->info, PF_R | PF_X, c->at, &c->low, &c->high))
    return 0;
  return c->high - c->at;
}

#endif
