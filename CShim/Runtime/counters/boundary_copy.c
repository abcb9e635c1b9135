// Boundaries set aside: what their pages hold, while they are mapped from a slot.
#include <sys/sysinfo.h>

#include "counters/counters.h"

// By stores, where the boundary is mapped from the slot and nobody else runs: two system calls less in a
// fork child, and the fault is one that the program would take. Context: any
void slv_restore_neighbours(const struct slv_object *o, const struct slv_run *boundary,
                            const char *from) {
  uint64_t stop;
  uint32_t region = slv_region_behind(&o->places, boundary->low);
  for (uint64_t at = boundary->low; slv_next_gap(&o->places, &region, &at, boundary->high, &stop);
       at = stop)
    slv_copy((char *)(o->bias + at), from + (at - boundary->low), stop - at);
}

// Most gaps are the few bytes that align an array. Context: any
static void zero(char *to, const char *end) {
  if (((uintptr_t)to & 7) == 0 && end - to <= 64)
    for (; end - to >= 8; to += 8) *(volatile uint64_t *)(void *)to = 0;
  if (to < end) slv_zero(to, (size_t)(end - to));
}

// The same where all of it was zeros. Context: thread
static void zero_neighbours(const struct slv_object *o, const struct slv_run *boundary) {
  const struct slv_places *p = &o->places;
  const struct slv_region *r = p->region + slv_region_behind(p, boundary->low);
  uint64_t at = boundary->low;
  for (; r < p->region + p->regions && r->address < boundary->high; r++) {
    if (at < r->address) zero((char *)(o->bias + at), (char *)(o->bias + r->address));
    at = r->address + r->size;
  }
  if (at < boundary->high) zero((char *)(o->bias + at), (char *)(o->bias + boundary->high));
}

// Adds what a boundary's counters held before it was mapped. Context: thread
static void restore_counters(const struct slv_object *o, const struct slv_run *boundary,
                             const char *from) {
  const struct slv_places *p = &o->places;
  for (uint32_t i = slv_region_behind(p, boundary->low); i < p->regions; i++) {
    const struct slv_region *r = &p->region[i];
    uint64_t low = r->address > boundary->low ? r->address : boundary->low;
    uint64_t high = r->address + r->size < boundary->high ? r->address + r->size : boundary->high;
    if (low >= high) return;
    slv_region_add(r->kind, (char *)(o->bias + low), from + (low - boundary->low), high - low,
                   NULL);
  }
}

// Context: thread
static int swaps(void) {
  struct sysinfo info;
  return SLV_SYS1(SYS_sysinfo, &info) != 0 || info.totalswap != info.freeswap;
}

// Which pages of a boundary nobody has touched yet, so that they are zeros and need not even be looked at:
// of those that no file is behind the ones that are not there. `touched` gets a byte for each page. Where
// anything is swapped out, asked for afterwards, any of them may be. Context: thread
static void find_touched(const struct slv_object *o, const struct slv_run *boundary, int starting,
                         char *touched) {
  uint64_t page = slv_process.page, pages = (boundary->high - boundary->low) / page, known = 0;
  if (starting && boundary->high > o->unbacked) {
    uint64_t low = o->unbacked > boundary->low ? o->unbacked : boundary->low;
    known = (boundary->high - low) / page;
    if (SLV_SYS3(SYS_mincore, o->bias + low, known * page, touched + (pages - known)) != 0 ||
        swaps())
      known = 0;
  }
  for (uint64_t n = 0; n < pages - known; n++) *(volatile char *)touched++ = 1;
}

// Copies the boundaries, but for pages of zeros: most of what a program that starts has.
// `kept` has a byte for each page: whether it was copied. Context: thread
static void copy(const struct slv_object *o, int starting, char *to, char *kept) {
  const struct slv_places *p = &o->places;
  size_t page = slv_process.page;
  for (uint32_t b = 0; b < p->boundaries; b++) {
    const char *at = (const char *)(o->bias + p->boundary[b].low);
    find_touched(o, &p->boundary[b], starting, kept);
    for (uint64_t n = p->boundary[b].low; n < p->boundary[b].high; n += page, at += page) {
      *kept = *kept != 0 && !slv_is_zero(at, page);
      if (*kept++) slv_copy(to, at, page);
      to += page;
    }
  }
}

// The room behind the object's lists is enough for most. Context: thread
int slv_aside_take(const struct slv_object *o, int starting, struct slv_aside *aside) {
  size_t pages = o->places.boundary_bytes / slv_process.page;
  aside->bytes = o->places.boundary_bytes + pages;
  aside->own = aside->bytes > o->table_bytes - o->table_used;
  aside->copy = aside->own ? slv_sys_mmap(NULL, aside->bytes, PROT_READ | PROT_WRITE,
                                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
                           : (char *)o->table + o->table_used;
  if (slv_failed(aside->copy)) return (int)(intptr_t)aside->copy;
  aside->kept = aside->copy + o->places.boundary_bytes;
  copy(o, starting, aside->copy, aside->kept);
  return 0;
}

// Context: thread
void slv_aside_restore(const struct slv_object *o, const struct slv_aside *aside) {
  const struct slv_places *p = &o->places;
  const char *from = aside->copy, *kept = aside->kept;
  uint64_t page = slv_process.page, mapped = o->mapped > 0 ? p->run[o->mapped - 1].high : 0;
  for (uint32_t b = 0; b < p->boundaries && p->boundary[b].low < mapped; b++) {
    struct slv_run part = p->boundary[b];
    for (uint64_t end = part.high; part.low < end; part.low = part.high) {
      size_t pages = 1; // of a kind
      while (part.low + pages * page < end && kept[pages] == kept[0]) pages++;
      part.high = part.low + pages * page;
      if (kept[0]) restore_counters(o, &part, from);
      if (kept[0]) slv_restore_neighbours(o, &part, from);
      else zero_neighbours(o, &part);
      from += pages * page;
      kept += pages;
    }
  }
  if (aside->own) slv_sys_munmap(aside->copy, aside->bytes);
  else SLV_SYS3(SYS_madvise, aside->copy, aside->bytes, MADV_DONTNEED);
}
