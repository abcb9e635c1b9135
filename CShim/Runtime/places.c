// Where the counters of an object are: its regions as the sources found them, the runs of whole pages
// around them, and the boundaries, pages that hold something else too.
#include "counters.h"
#include "recording.h"

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
  if (size > UINT32_MAX || !slv_found_reserve(f, 1)) return 0;
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

// The page that an address lies in. Context: any
static uint64_t page_of(uint64_t address) { return address & -(uint64_t)slv_process.page; }

// The pages around the regions from *at on, which is behind them then. Pages between two runs may be protected
// by the program, so they are never bridged. 0: there are none. Context: any
static int next_run(const struct slv_region *region, uint32_t count, uint32_t *at,
                    struct slv_run *run) {
  uint64_t page = slv_process.page;
  if (*at == count) return 0;
  for (run->low = run->high = page_of(region[*at].address); *at < count; ++*at) {
    if (page_of(region[*at].address) > run->high) break;
    run->high = page_of(region[*at].address + region[*at].size + page - 1);
  }
  return 1;
}

// Whether the runs that a file lists are those of its regions. Context: any
static int are_runs(const struct slv_found *f) {
  const struct slv_run *listed = (const struct slv_run *)(const void *)(f->table + f->regions);
  struct slv_run run;
  uint32_t region = 0, n = 0;
  for (; next_run(f->table, f->regions, &region, &run); n++)
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
    if (r->size == 0 || r->kind < SLV_REGION_ADD64 || r->kind > SLV_REGION_FLAG32) return 0;
    if (r->kind == SLV_REGION_ADD64 && ((r->address | r->size) & 7) != 0) return 0;
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

// Context: any
static void place_runs(struct slv_places *p) {
  uint32_t region = 0;
  while (next_run(p->region, p->regions, &region, &p->run[p->runs])) p->runs++;
}

// Context: any
static uint64_t bytes_of(const struct slv_run *run, uint32_t count) {
  uint64_t bytes = 0;
  for (uint32_t i = 0; i < count; i++) bytes += run[i].high - run[i].low;
  return bytes;
}

// Of counters that are added, compilers derive others. Context: any
static void place_slots(struct slv_object *o) {
  const struct slv_places *p = &o->places;
  uint64_t page = slv_process.page, bytes = bytes_of(p->run, p->runs), table = 0;
  o->births = p->kinds & 1u << SLV_REGION_ADD64 ? (uint32_t)bytes : 0;
  o->slot_size = (uint32_t)(bytes + (o->births != 0 ? page : 0));
  if (p->regions > SLV_REGIONS)
    table = SLV_TABLE_OFFSET + slv_table_bytes(p->regions, p->runs, p->units);
  o->slots_offset = (uint32_t)(table == 0 ? page : (table + page - 1) / page * page);
}

// Context: any
static void add_boundary(struct slv_places *p, uint64_t low, uint64_t high) {
  low = page_of(low);
  high = page_of(high + slv_process.page - 1);
  if (p->boundaries > 0 && low <= p->boundary[p->boundaries - 1].high)
    p->boundary[p->boundaries - 1].high = high;
  else p->boundary[p->boundaries++] = (struct slv_run){low, high};
}

// Pages with a gap between regions, or before the first or behind the last. Context: any
static void place_boundaries(struct slv_places *p) {
  const struct slv_region *r = p->region, *end = r + p->regions;
  for (const struct slv_run *run = p->run; run < p->run + p->runs; run++) {
    uint64_t at = run->low;
    for (; r < end && r->address < run->high; r++) {
      if (at < r->address) add_boundary(p, at, r->address);
      at = r->address + r->size;
    }
    if (at < run->high) add_boundary(p, at, run->high);
  }
}

// Context: any
void slv_places_near(struct slv_object *o) {
  if (o->table != NULL) return;
  o->places.region = o->near.region;
  o->places.run = o->near.run;
  o->places.boundary = o->near.boundary;
  o->places.private = o->near.private;
}

// The units, unless some are left alone, so that each life has to look for all of them; and behind what
// goes to the file, or is mapped from it, the other lists. Context: thread
static void place_table(struct slv_object *o, const struct slv_found *f) {
  struct slv_places *p = &o->places;
  size_t page = slv_process.page;
  if (!f->listed && f->loss == SLV_LOSS_NONE && f->taken_count <= p->regions) {
    p->units = f->taken_count;
    slv_gcov_units(f, o->bias, (uint64_t *)(void *)(p->run + p->runs));
  }
  size_t lists = (slv_table_bytes(p->regions, p->runs, p->units) + page - 1) / page * page;
  p->boundary = (struct slv_run *)(void *)((char *)o->table + lists);
}

#define KEPT_ROOM 1048576u // address space that is not worth a system call to give back

// Context: thread
static void give_back(struct slv_object *o) {
  struct slv_places *p = &o->places;
  p->private = (struct slv_private *)(void *)(p->boundary + p->boundaries);
  uint32_t privates = p->boundaries > p->runs ? p->boundaries : p->runs;
  size_t page = slv_process.page,
         used = (size_t)((char *)(p->private + privates) - (char *)o->table);
  used = (used + page - 1) / page * page;
  o->table_used = used;
  if (used + KEPT_ROOM >= o->table_bytes) return;
  slv_sys_munmap((char *)o->table + used, o->table_bytes - used);
  o->table_bytes = used;
}

// Context: thread
void slv_places_make(struct slv_object *o, struct slv_found *f) {
  struct slv_places *p = &o->places;
  o->identity = f->identity;
  o->sources = f->sources;
  o->table = f->table;
  o->table_bytes = f->reserved;
  p->regions = f->regions;
  p->kinds = f->kinds;
  slv_places_near(o);
  if (f->table == NULL) {
    slv_copy(p->region, f->region, sizeof o->near.region);
  } else { // each list behind the one before, which has its length then
    p->region = f->table;
    p->run = (struct slv_run *)(void *)(p->region + p->regions);
  }
  f->table = NULL;
  if (f->listed) p->runs = f->runs, p->units = f->units;
  else place_runs(p);
  if (o->table != NULL) place_table(o, f);
  place_boundaries(p);
  p->boundary_bytes = bytes_of(p->boundary, p->boundaries);
  place_slots(o);
  if (o->table != NULL) give_back(o);
}

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
