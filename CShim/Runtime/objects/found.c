// What the sources find in an object is put together here, and looked at before it is used.
#include "objects/found.h"

#include "base/hash.h"
#include "objects/elf_file.h"
#include "objects/objects.h"
#include "objects/runs.h"

// Bytes of the lists behind a region: its own, a run, two boundaries, a unit, two private parts.
#define PER_REGION                                                             \
  (sizeof(struct slv_region) + 3 * sizeof(struct slv_run) + sizeof(uint64_t) + \
   2 * sizeof(struct slv_private))

// Context: thread
int slv_found_reserve(struct slv_found *f, size_t regions) {
  size_t page = slv_process.page, wanted = f->regions + regions;
  size_t bytes = wanted * PER_REGION + 2 * page; // the list of boundaries begins a page
  if (f->table != NULL ? bytes <= f->reserved : wanted <= SLV_REGIONS) return 1;
  if (wanted > SLV_REGIONS_MAX) return 0;
  bytes = (bytes + bytes / 2 + page - 1) / page * page;
  char *at = slv_sys_mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (slv_failed(at)) return 0;
  slv_copy(at, f->table != NULL ? f->table : f->region, f->regions * sizeof f->region[0]);
  if (f->table != NULL) slv_sys_munmap(f->table, f->reserved);
  f->table = (struct slv_region *)(void *)at;
  f->reserved = bytes;
  return 1;
}

// Context: thread
int slv_found_region(struct slv_found *f, enum slv_source source, enum slv_region_kind kind,
                     uint64_t address, uint64_t size) {
  if (size == 0) return 1;
  if (size > UINT32_MAX || !slv_found_reserve(f, 1)) {
    if (f->loss == SLV_LOSS_NONE) f->loss = SLV_LOSS_NO_SLOT; // more regions than there may be
    return 0;
  }
  struct slv_region *list = f->table != NULL ? f->table : f->region;
  list[f->regions++] = (struct slv_region){
      .address = address, .size = (uint32_t)size, .kind = kind, .source = source};
  return 1;
}

// Context: any
void slv_found_source(struct slv_found *f, enum slv_source source, uint64_t identity) {
  if (!f->known)
    f->identity = f->sources == 0 ? identity : slv_hash(f->identity, &identity, sizeof identity);
  f->sources |= 1u << source;
}

// Context: any
void slv_found_unused(struct slv_found *f, enum slv_source source, uint64_t identity) {
  if (f->sources != 0) return;
  f->identity = identity;
  f->hosts |= 1u << (SLV_UNUSED_BIT + source);
}

// Context: any
uint32_t slv_found_unused_set(const struct slv_found *f) {
  return f->sources == 0 ? f->hosts >> SLV_UNUSED_BIT : 0;
}

// Context: thread
void slv_found_drop(struct slv_found *f) {
  if (f->table != NULL) slv_sys_munmap(f->table, f->reserved);
  f->table = NULL;
}

// Sorts by address: insertion into stretches that grow smaller (Shell), for most lists come sorted or
// nearly so, and none comes from a source of trust. Context: any
static void sort(struct slv_region *list, uint32_t count) {
  uint32_t ordered = 1;
  while (ordered < count && list[ordered - 1].address <= list[ordered].address) ordered++;
  if (ordered >= count) return;
  for (uint32_t gap = count / 2; gap > 0; gap = gap == 2 ? 1 : gap * 5 / 11) {
    for (uint32_t i = gap; i < count; i++) {
      struct slv_region moving = list[i];
      uint32_t to = i;
      for (; to >= gap && list[to - gap].address > moving.address; to -= gap)
        list[to] = list[to - gap];
      list[to] = moving;
    }
  }
}

// Arrays of counters that touch become one region. Context: any
static uint32_t join(struct slv_region *list, uint32_t count) {
  uint32_t last = 0;
  for (uint32_t i = 1; i < count; i++) {
    struct slv_region *r = &list[last];
    if (r->kind == SLV_REGION_ADD64 && r->address + r->size == list[i].address &&
        list[i].kind == SLV_REGION_ADD64 && r->source == list[i].source)
      r->size += list[i].size;
    else list[++last] = list[i];
  }
  return count == 0 ? 0 : last + 1;
}

// Whether the runs that a file lists are those of its regions. Context: any
static int are_runs(const struct slv_found *f) {
  const struct slv_run *listed = (const struct slv_run *)(const void *)(f->table + f->regions);
  struct slv_run run;
  uint32_t region = 0, n = 0;
  for (; slv_next_run(f->table, f->regions, &region, &run); n++)
    if (n == f->runs || run.low != listed[n].low || run.high != listed[n].high) return 0;
  return n == f->runs;
}

// Everything that a file, the index or the program says about addresses is looked at here before it is
// used. Context: thread
int slv_found_check(const struct dl_phdr_info *info, struct slv_found *f) {
  struct slv_region *list = f->table != NULL ? f->table : f->region;
  uint64_t low = 1, high = 0; // of the segment that the last region lies in
  uint64_t before = 0, bytes = 0;
  if (!f->listed) sort(list, f->regions); // else whoever wrote the list sorted and joined it
  for (uint32_t i = 0; i < f->regions; i++) {
    struct slv_region *r = &list[i];
    uint64_t end = r->address + r->size;
    if (r->size == 0 || r->kind < SLV_REGION_ADD64 || r->kind > SLV_REGION_LISTS32) return 0;
    if (r->kind == SLV_REGION_ADD64 && ((r->address | r->size) & 7) != 0) return 0;
    if (r->kind == SLV_REGION_LISTS32 && ((r->address | r->size) & 3) != 0) return 0;
    if (r->address < before || end < r->address) return 0;
    before = end;
    f->kinds |= 1u << r->kind;
    bytes += r->size + 2 * slv_process.page;
    if (bytes > INT32_MAX) return 0; // as much as a slot may be
    if (r->address >= low && end <= high) continue;
    if (!slv_in_segment(info, r->address, r->size, PF_R | PF_W)) return 0;
    low = r->address;
    high = end;
    for (int p = 0; p < info->dlpi_phnum; p++) {
      const ElfW(Phdr) *h = &info->dlpi_phdr[p];
      if (h->p_type != PT_LOAD || r->address < h->p_vaddr) continue;
      if (r->address - h->p_vaddr < h->p_memsz) low = h->p_vaddr, high = low + h->p_memsz;
    }
  }
  if (f->listed) return are_runs(f);
  f->regions = join(list, f->regions);
  return f->regions != 0;
}
