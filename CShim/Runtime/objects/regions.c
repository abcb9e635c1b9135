// The geometry of an object's counters: regions, the gaps between them, their places in a slot.
#include "objects/objects.h"

// Context: any
uint32_t slv_region_behind(const struct slv_places *p, uint64_t address) {
  uint32_t low = 0, high = p->regions;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (p->region[middle].address + p->region[middle].size > address) high = middle;
    else low = middle + 1;
  }
  return low;
}

// Context: any
int slv_next_gap(const struct slv_places *p, uint32_t *region, uint64_t *at, uint64_t end,
                 uint64_t *stop) {
  for (; *region < p->regions && p->region[*region].address <= *at; ++*region)
    *at = p->region[*region].address + p->region[*region].size;
  if (*at >= end) return 0;
  *stop =
      *region < p->regions && p->region[*region].address < end ? p->region[*region].address : end;
  return 1;
}

// Context: any
uint64_t slv_slot_position(const struct slv_object *o, uint64_t address) {
  uint64_t before = 0;
  for (uint32_t i = 0; i < o->places.runs; i++) {
    const struct slv_run *run = &o->places.run[i];
    if (address >= run->low && address < run->high) return before + address - run->low;
    before += run->high - run->low;
  }
  return 0;
}

// Whether the next word is a count; where a list begins, `word` says how many follow its head.
// Context: any
static int is_count(struct slv_lists *lists, uint32_t word) {
  if (lists->head > 0) {
    lists->head--;
    return 0;
  }
  if (lists->counters > 0) {
    lists->counters--;
    return 1;
  }
  if (word != 0) *lists = (struct slv_lists){.head = 2, .counters = word};
  return 0;
}

// Context: any
void slv_lists_clear(uint32_t *words, size_t count, struct slv_lists *lists) {
  for (size_t i = 0; i < count; i++)
    if (is_count(lists, words[i])) words[i] = 0;
}

// Heads are equal, or zero where the function has not run. Context: any
static void add_lists(char *to, const char *from, size_t bytes, struct slv_lists *lists) {
  for (size_t i = 0; i + 4 <= bytes; i += 4) {
    uint32_t a, b;
    __builtin_memcpy(&a, to + i, 4);
    __builtin_memcpy(&b, from + i, 4);
    if (!is_count(lists, a | b)) a |= b;
    else a = a + b < a ? UINT32_MAX : a + b;
    __builtin_memcpy(to + i, &a, 4);
  }
}

// Context: any
void slv_region_add(uint32_t kind, char *to, const char *from, size_t bytes,
                    struct slv_lists *lists) {
  if (kind == SLV_REGION_LISTS32 && lists != NULL) {
    add_lists(to, from, bytes, lists);
    return;
  }
  if (kind == SLV_REGION_ADD64) {
    for (size_t i = 0; i + 8 <= bytes; i += 8) {
      uint64_t a, b;
      __builtin_memcpy(&a, to + i, 8);
      __builtin_memcpy(&b, from + i, 8);
      a = a + b < a ? UINT64_MAX : a + b;
      __builtin_memcpy(to + i, &a, 8);
    }
    return;
  }
  for (size_t i = 0; i < bytes; i++)
    to[i] = kind == SLV_REGION_AND8 ? to[i] & from[i] : to[i] | from[i];
}

// Context: any
size_t slv_table_bytes(uint32_t regions, uint32_t runs, uint32_t units) {
  return regions * sizeof(struct slv_region) + runs * sizeof(struct slv_run) +
         units * sizeof(uint64_t);
}
