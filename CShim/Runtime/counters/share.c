// Live counter pages: the runs of an object, whole pages that hold its counters, are mapped from its
// slot. A page that holds counters only is interior; a boundary page holds program data too, and must
// not stay shared across a fork (hooks/fork.c).
#include "counters/counters.h"
#include "ledger/ledger.h"

// Writes the bytes of a boundary that are not counters to the slot. `from` shows its contents. pwrite
// answers EFAULT where a store or load would be SIGSEGV. Context: any
static int write_neighbours(const struct slv_object *o, const struct slv_lease *lease,
                            const struct slv_run *boundary, const char *from) {
  uint64_t place = lease->offset + slv_slot_position(o, boundary->low), stop;
  uint32_t region = slv_region_behind(&o->places, boundary->low);
  for (uint64_t at = boundary->low; slv_next_gap(&o->places, &region, &at, boundary->high, &stop);
       at = stop)
    if (slv_sys_pwrite(lease->file, from + (at - boundary->low), stop - at,
                       place + (at - boundary->low)) != (slv_word)(stop - at))
      return -EIO;
  return 0;
}

// Adds counts that were made before the page was shared (constructors, resolvers) to the slot's.
// Context: any
static int add_present(const struct slv_object *o, const struct slv_lease *lease, uint64_t low,
                       uint64_t high) {
  char buffer[512];
  const struct slv_places *p = &o->places;
  for (uint32_t i = slv_region_behind(p, low); i < p->regions && p->region[i].address < high; i++) {
    const struct slv_region *r = &p->region[i];
    uint64_t a = r->address > low ? r->address : low;
    uint64_t b = r->address + r->size < high ? r->address + r->size : high;
    const unsigned char initial = r->kind == SLV_REGION_AND8 ? 0xff : 0;
    for (; a < b; a += sizeof buffer) {
      size_t step = b - a < sizeof buffer ? b - a : sizeof buffer;
      const char *present = (const char *)(o->bias + a);
      size_t dirty = 0;
      while (dirty < step && (unsigned char)present[dirty] == initial) dirty++;
      if (dirty == step) continue;
      uint64_t at = lease->offset + slv_slot_position(o, a);
      if (slv_sys_pread(lease->file, buffer, step, at) != (slv_word)step) return -EIO;
      slv_region_add(r->kind, buffer, present, step, NULL);
      if (slv_sys_pwrite(lease->file, buffer, step, at) != (slv_word)step) return -EIO;
    }
  }
  return 0;
}

// Maps all runs over the program's pages. Context: any
int slv_map_runs(struct slv_object *o, const struct slv_lease *lease) {
  uint64_t at = lease->offset;
  for (uint32_t i = 0; i < o->places.runs; i++) {
    const struct slv_run *run = &o->places.run[i];
    uint64_t bytes = run->high - run->low;
    void *got = slv_sys_mmap(o->bias + run->low, bytes, PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_FIXED, lease->file, at);
    if (slv_failed(got)) return (int)(intptr_t)got;
    o->mapped = i + 1;
    at += bytes;
  }
  return 0;
}

// Stretches of interior pages, between the boundaries of each run. Context: thread
static int each_interior(const struct slv_object *o, const struct slv_lease *lease,
                         int (*act)(const struct slv_object *, const struct slv_lease *, uint64_t,
                                    uint64_t)) {
  const struct slv_places *p = &o->places;
  int error = 0;
  uint32_t b = 0;
  for (uint32_t i = 0; i < p->runs && error == 0; i++) {
    uint64_t at = p->run[i].low;
    for (; b < p->boundaries && p->boundary[b].low < p->run[i].high && error == 0; b++) {
      if (at < p->boundary[b].low) error = act(o, lease, at, p->boundary[b].low);
      at = p->boundary[b].high;
    }
    if (at < p->run[i].high && error == 0) error = act(o, lease, at, p->run[i].high);
  }
  return error;
}

// At start only resolvers ran: without them, interior pages are not looked at, which would fault in a megabyte.
// Context: any
static int may_have_counted(const struct slv_object *o, int starting) {
  return !starting || (o->uses & SLV_USE_RESOLVES) != 0;
}

// As `share`, for boundaries with many regions, where writing each neighbour would be many calls: the
// pages are mapped as they lie in the slot, then the program's data is put back from a copy. No other
// code can see them meanwhile. Context: thread
static int share_dense(struct slv_object *o, const struct slv_lease *lease, int starting) {
  struct slv_aside aside;
  int error = slv_aside_take(o, starting, &aside);
  if (error != 0) return error;
  if (may_have_counted(o, starting)) error = each_interior(o, lease, add_present);
  if (error == 0) error = slv_lease_count(o, lease);
  if (error == 0) error = slv_map_runs(o, lease);
  slv_aside_restore(o, &aside); // also where not all could be mapped: what is shared stays so
  return error;
}

// Shares a new object's pages. The order of stores makes a death at any instruction harmless: until
// the attach word is written the slot counts for nobody, and counters are never written but by adding.
// Context: thread
static int share(struct slv_object *o, const struct slv_lease *lease, int starting) {
  const struct slv_places *p = &o->places;
  int error = 0;
  if (p->regions > SLV_REGIONS && p->boundaries > 0) return share_dense(o, lease, starting);
  for (uint32_t b = 0; b < p->boundaries && error == 0; b++) {
    const struct slv_run *boundary = &p->boundary[b];
    error = write_neighbours(o, lease, boundary, (const char *)(o->bias + boundary->low));
    if (starting && error == 0) error = add_present(o, lease, boundary->low, boundary->high);
  }
  for (uint32_t i = 0; i < p->runs && !starting && error == 0; i++)
    error = add_present(o, lease, p->run[i].low, p->run[i].high);
  if (starting && may_have_counted(o, starting) && error == 0)
    error = each_interior(o, lease, add_present);
  if (error != 0) return error;
  error = slv_lease_count(o, lease); // without the word nobody would read the slot
  return error != 0 ? error : slv_map_runs(o, lease);
}

// Shares interior pages of a new object. Context: thread
static int share_stretch(const struct slv_object *o, const struct slv_lease *lease, uint64_t low,
                         uint64_t high) {
  int error = add_present(o, lease, low, high);
  if (error != 0) return error;
  void *got =
      slv_sys_mmap(o->bias + low, high - low, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                   lease->file, lease->offset + slv_slot_position(o, low));
  return slv_failed(got) ? (int)(intptr_t)got : 0;
}

// Threads may be storing to program data on the boundary pages: those stay private, and what they
// count is saved by flushes; the interior is shared. Context: thread
static int share_interior(struct slv_object *o, const struct slv_lease *lease, int whole) {
  const struct slv_places *p = &o->places;
  const struct slv_run *own = whole ? p->run : p->boundary; // what stays private
  uint32_t count = whole ? p->runs : p->boundaries;
  char *aside = slv_sys_mmap(NULL, o->slot_size, PROT_READ | PROT_WRITE, MAP_SHARED, lease->file,
                             lease->offset);
  if (slv_failed(aside)) return (int)(intptr_t)aside;
  o->aside = aside;
  int error = 0;
  if (!whole) error = each_interior(o, lease, share_stretch);
  for (uint32_t b = 0; b < count && error == 0; b++)
    error =
        slv_private_add(o, (char *)(o->bias + own[b].low), aside + slv_slot_position(o, own[b].low),
                        own[b].high - own[b].low, NULL);
  return error == 0 ? slv_lease_count(o, lease) : error;
}

// A process has as many directories in /proc/self/task as threads; without /proc nobody knows.
// Context: any
static int has_threads(void) {
  struct stat st;
  return slv_sys_fstatat(AT_FDCWD, "/proc/self/task", &st, 0) != 0 || st.st_nlink > 3;
}

// Counters that wrap must not go on where an earlier life of the slot left them; a Go program writes all
// that it finds to its own files. Context: any
static int wraps(const struct slv_object *o) {
  return (o->places.kinds & (1u << SLV_REGION_WRAP8 | 1u << SLV_REGION_LISTS32)) != 0;
}

// Context: thread
void slv_counters_attach(struct slv_object *o, enum slv_when when) {
  int whole = (slv_process.settings & SLV_SETTING_PRIVATE) != 0;
  // A program that reads its own counters must not see what earlier owners of the slot counted.
  o->fresh = !whole && ((slv_process.settings & SLV_SETTING_PER_PROCESS) != 0 ||
                        (slv_process.cell->flags & SLV_FLAG_OWN_PROFILE) != 0 ||
                        (o->uses & (SLV_USE_READS | SLV_USE_RESETS)) != 0 || wraps(o));
  struct slv_lease lease;
  int error = slv_lease_take(o, &lease);
  if (error == 0) {
    o->mode = whole                                                              ? SLV_MODE_PRIVATE
              : when >= SLV_RUNNING && o->places.boundaries > 0 && has_threads() ? SLV_MODE_MIXED
                                                                                 : SLV_MODE_LIVE;
    error = o->mode == SLV_MODE_LIVE ? share(o, &lease, when == SLV_STARTING)
                                     : share_interior(o, &lease, whole);
    slv_lease_remember(o, &lease);
    slv_sys_close(lease.file);
  }
  if (error != 0) slv_note_loss(error);
  // Runs that are shared already stay so, and are unshared in fork children as all others are.
  if (error != 0 && o->mode == SLV_MODE_LIVE && o->mapped == 0) o->mode = SLV_MODE_LOST;
  if (error != 0 && o->mode != SLV_MODE_LIVE && o->places.privates == 0) o->mode = SLV_MODE_LOST;
  if (o->mode == SLV_MODE_LOST) return;
  slv_counters_mode_changed();
}
