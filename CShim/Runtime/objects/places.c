// Where the counters of an object are: its regions as the sources found them, the runs of whole pages
// around them, and the boundaries, pages that hold something else too.
#include "objects/found.h"
#include "objects/objects.h"
#include "objects/runs.h"

// Context: any
static void place_runs(struct slv_places *p) {
  uint32_t region = 0;
  while (slv_next_run(p->region, p->regions, &region, &p->run[p->runs])) p->runs++;
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
  low = slv_page_of(low);
  high = slv_page_of(high + slv_process.page - 1);
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
  if (!f->listed && f->loss == SLV_LOSS_NONE && f->list_units != NULL &&
      f->taken_count <= p->regions) {
    p->units = f->taken_count;
    f->list_units(f, o->bias, (uint64_t *)(void *)(p->run + p->runs));
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
