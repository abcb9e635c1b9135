// Live counter pages: the runs of an object, whole pages that hold its counters, are mapped from its
// slot. A page that holds counters only is interior; a boundary page holds program data too, and must
// not stay shared across a fork (hook_fork.c).
#include "counters.h"
#include "notice.h"
#include "recording.h"
#include "signals.h"

// Context: any
void slv_counters_lock(uint64_t *mask) {
  unsigned rounds = 0;
  *mask = SLV_MASK_UNCHANGED;
  if (!slv_process.sandboxed) slv_signals_block(mask);
  while (__atomic_exchange_n(&slv_process.lock, 1, __ATOMIC_ACQUIRE) != 0) {
    const struct timespec nap = {0, 50000}; // a holder of lower priority must get the processor
    if (slv_process.sandboxed) continue;
    if (++rounds < 100) slv_sys_sched_yield();
    else SLV_SYS2(SYS_nanosleep, &nap, NULL);
  }
}

// Context: thread
int slv_counters_try_lock(uint64_t *mask) {
  *mask = SLV_MASK_UNCHANGED;
  if (!slv_process.sandboxed) slv_signals_block(mask);
  if (__atomic_exchange_n(&slv_process.lock, 1, __ATOMIC_ACQUIRE) == 0) return 1;
  if (*mask != SLV_MASK_UNCHANGED) slv_signals_restore(mask);
  return 0;
}

// Context: any
void slv_counters_unlock(const uint64_t *mask) {
  __atomic_store_n(&slv_process.lock, 0, __ATOMIC_RELEASE);
  if (*mask != SLV_MASK_UNCHANGED) slv_signals_restore(mask);
}

// Context: thread (a fork child: nobody else is there)
void slv_counters_lock_reset(void) { __atomic_store_n(&slv_process.lock, 0, __ATOMIC_RELAXED); }

// Places the runs around the regions: pages between two runs may be protected by the program, so they
// are never bridged. Context: any
static void place_runs(struct slv_object *o) {
  uint64_t page = slv_process.page;
  for (int i = 0; i < SLV_REGIONS; i++) {
    const struct slv_region *r = &o->found.region[i];
    if (r->size == 0) continue;
    uint64_t low = r->address / page * page;
    uint64_t high = (r->address + r->size + page - 1) / page * page;
    struct slv_run *last = o->runs > 0 ? &o->run[o->runs - 1] : NULL;
    if (last != NULL && low <= last->high && high >= last->low) {
      if (low < last->low) last->low = low;
      if (high > last->high) last->high = high;
    } else {
      o->run[o->runs++] = (struct slv_run){low, high};
    }
  }
  for (int i = 0; i < o->runs; i++) o->slot_size += (uint32_t)(o->run[i].high - o->run[i].low);
}

// How many bytes of [low, high) are counters. Context: any
static uint64_t covered(const struct slv_object *o, uint64_t low, uint64_t high) {
  uint64_t bytes = 0;
  for (int i = 0; i < SLV_REGIONS; i++) {
    uint64_t a = o->found.region[i].address, b = a + o->found.region[i].size;
    if (a < low) a = low;
    if (b > high) b = high;
    if (a < b) bytes += b - a;
  }
  return bytes;
}

// Only the first and last page of a region can hold something else. Context: any
static void place_boundaries(struct slv_object *o) {
  uint64_t page = slv_process.page;
  for (int i = 0; i < SLV_REGIONS; i++) {
    const struct slv_region *r = &o->found.region[i];
    if (r->size == 0) continue;
    uint64_t ends[2] = {r->address / page * page, (r->address + r->size - 1) / page * page};
    for (int e = 0; e < 2; e++) {
      if (covered(o, ends[e], ends[e] + page) == page) continue;
      uintptr_t at = o->bias + ends[e];
      int known = 0;
      for (int b = 0; b < o->boundaries; b++) known |= o->boundary[b] == at;
      if (!known) o->boundary[o->boundaries++] = at;
    }
  }
}

// Context: any
uint64_t slv_slot_position(const struct slv_object *o, uint64_t address) {
  uint64_t before = 0;
  for (int i = 0; i < o->runs; i++) {
    if (address >= o->run[i].low && address < o->run[i].high)
      return before + address - o->run[i].low;
    before += o->run[i].high - o->run[i].low;
  }
  return 0;
}

// The next part [*at, *stop) below `end` that is not counters; 0 when there is none. Context: any
static int next_neighbours(const struct slv_object *o, uint64_t *at, uint64_t end, uint64_t *stop) {
  while (*at < end) {
    uint64_t skip = end;
    *stop = end;
    for (int i = 0; i < SLV_REGIONS; i++) { // the next region before `end`
      const struct slv_region *r = &o->found.region[i];
      if (r->size == 0 || r->address + r->size <= *at || r->address >= end) continue;
      uint64_t begin = r->address > *at ? r->address : *at;
      if (begin < *stop) *stop = begin, skip = r->address + r->size;
    }
    if (*stop > *at) return 1;
    *at = skip;
  }
  return 0;
}

// Writes the bytes of a page that are not counters to the slot. `from` shows the page's contents.
// pwrite answers EFAULT where a store or load would be SIGSEGV. Context: any
int slv_write_neighbours(const struct slv_object *o, const struct slv_lease *lease, uint64_t page,
                         const char *from) {
  uint64_t place = lease->offset + slv_slot_position(o, page), end = page + slv_process.page, stop;
  for (uint64_t at = page; next_neighbours(o, &at, end, &stop); at = stop)
    if (slv_sys_pwrite(lease->file, from + (at - page), stop - at, place + (at - page)) !=
        (slv_word)(stop - at))
      return -EIO;
  return 0;
}

// The same by stores, where the page is mapped from the slot and nobody else runs: two system calls
// less in a fork child, and the fault is one that the program would take. Context: thread
void slv_restore_neighbours(const struct slv_object *o, uint64_t page, const char *from) {
  uint64_t end = page + slv_process.page, stop;
  for (uint64_t at = page; next_neighbours(o, &at, end, &stop); at = stop)
    slv_copy((char *)(o->bias + at), from + (at - page), stop - at);
}

// Adds counts that were made before the page was shared (constructors, resolvers) to the slot's.
// Context: any
static int add_present(const struct slv_object *o, const struct slv_lease *lease, uint64_t low,
                       uint64_t high) {
  char buffer[512];
  for (int i = 0; i < SLV_REGIONS; i++) {
    const struct slv_region *r = &o->found.region[i];
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
      slv_region_add(r->kind, buffer, present, step);
      if (slv_sys_pwrite(lease->file, buffer, step, at) != (slv_word)step) return -EIO;
    }
  }
  return 0;
}

// Maps all runs over the program's pages. Context: any
int slv_map_runs(struct slv_object *o, const struct slv_lease *lease) {
  uint64_t at = lease->offset;
  for (int i = 0; i < o->runs; i++) {
    uint64_t bytes = o->run[i].high - o->run[i].low;
    void *got = slv_sys_mmap(o->bias + o->run[i].low, bytes, PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_FIXED, lease->file, at);
    if (slv_failed(got)) return (int)(intptr_t)got;
    o->mapped = i + 1;
    at += bytes;
  }
  return 0;
}

// Shares a new object's pages. The order of stores makes a death at any instruction harmless: until
// the attach word is written the slot counts for nobody, and counters are never written but by adding.
// Context: thread
static int share(struct slv_object *o, const struct slv_lease *lease, int starting) {
  int error = 0;
  for (int b = 0; b < o->boundaries && error == 0; b++) {
    uint64_t page = o->boundary[b] - o->bias;
    error = slv_write_neighbours(o, lease, page, (const char *)o->boundary[b]);
    if (starting && error == 0) error = add_present(o, lease, page, page + slv_process.page);
  }
  // At start only resolvers ran, and interior pages are not looked at: that would fault in a megabyte.
  for (int i = 0; i < o->runs && !starting && error == 0; i++)
    error = add_present(o, lease, o->run[i].low, o->run[i].high);
  if (error != 0) return error;
  error = slv_lease_count(o, lease); // without the word nobody would read the slot
  return error != 0 ? error : slv_map_runs(o, lease);
}

// Shares interior pages of a new object. Context: thread
static int share_stretch(struct slv_object *o, const struct slv_lease *lease, uint64_t low,
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
  uint64_t page = slv_process.page;
  char *aside = slv_sys_mmap(NULL, o->slot_size, PROT_READ | PROT_WRITE, MAP_SHARED, lease->file,
                             lease->offset);
  if (slv_failed(aside)) return (int)(intptr_t)aside;
  o->aside = aside;
  int error = 0;
  for (int i = 0; i < o->runs && error == 0; i++) {
    uint64_t low = o->run[i].low, high = o->run[i].high;
    if (whole) {
      error = slv_private_add(o, (char *)(o->bias + low), aside + slv_slot_position(o, low),
                              high - low, NULL);
      continue;
    }
    for (uint64_t at = low; at < high && error == 0; at += page) {
      uint64_t end = at; // the next stretch of interior pages
      while (end < high && covered(o, end, end + page) == page) end += page;
      if (end == at) continue;
      error = share_stretch(o, lease, at, end);
      at = end; // a boundary page, or the end of the run
    }
  }
  for (int b = 0; b < o->boundaries && !whole && error == 0; b++)
    error = slv_private_add(o, (char *)o->boundary[b],
                            aside + slv_slot_position(o, o->boundary[b] - o->bias), page, NULL);
  return error == 0 ? slv_lease_count(o, lease) : error;
}

// A process has as many directories in /proc/self/task as threads; without /proc nobody knows.
// Context: any
static int has_threads(void) {
  struct stat st;
  return slv_sys_fstatat(AT_FDCWD, "/proc/self/task", &st, 0) != 0 || st.st_nlink > 3;
}

// Context: any
void slv_counters_note_loss(int error) {
  struct slv_cell *cell = slv_process.cell;
  cell->loss = error == -ENOSPC  ? SLV_LOSS_DISK_FULL
               : error == -EFBIG ? SLV_LOSS_FILE_LIMIT
                                 : SLV_LOSS_NO_SLOT;
  cell->loss_errno = -error;
}

// Context: thread
void slv_counters_attach(struct slv_object *o, int starting) {
  place_runs(o);
  place_boundaries(o);
  int whole = (slv_process.settings & SLV_SETTING_PRIVATE) != 0;
  // Who reads its own counters must not see what earlier owners of the slot counted.
  o->fresh = !whole && ((slv_process.settings & SLV_SETTING_PER_PROCESS) != 0 ||
                        (slv_process.cell->flags & SLV_FLAG_OWN_PROFILE) != 0);
  struct slv_lease lease;
  int error = slv_lease_take(o, &lease);
  if (error == 0) {
    o->mode = whole                                             ? SLV_MODE_PRIVATE
              : !starting && o->boundaries > 0 && has_threads() ? SLV_MODE_MIXED
                                                                : SLV_MODE_LIVE;
    error =
        o->mode == SLV_MODE_LIVE ? share(o, &lease, starting) : share_interior(o, &lease, whole);
    slv_lease_remember(o, &lease);
    slv_sys_close(lease.file);
  }
  if (error != 0) slv_counters_note_loss(error);
  // Runs that are shared already stay so, and are unshared in fork children as all others are.
  if (error != 0 && o->mode == SLV_MODE_LIVE && o->mapped == 0) o->mode = SLV_MODE_LOST;
  if (error != 0 && o->mode != SLV_MODE_LIVE && o->privates == 0) o->mode = SLV_MODE_LOST;
  if (o->mode == SLV_MODE_LOST) return;
  slv_counters_mode_changed();
}

// Context: any
void slv_counters_mode_changed(void) {
  uint32_t flags = 0;
  int count;
  struct slv_object *o = slv_objects(&count);
  for (int i = 0; i < count; i++, o++) {
    if (o->mode == SLV_MODE_LIVE || o->mode == SLV_MODE_MIXED) flags |= SLV_FLAG_LIVE;
    if (o->mode != SLV_MODE_GONE && o->privates > 0) flags |= SLV_FLAG_PRIVATE;
    if (o->mode != SLV_MODE_GONE && o->fresh) flags |= SLV_FLAG_FRESH;
  }
  if (flags & SLV_FLAG_PRIVATE) slv_notice_private();
  __atomic_fetch_or(&slv_process.cell->flags, flags, __ATOMIC_RELAXED);
  if (flags & SLV_FLAG_LIVE) slv_core_filter_share();
  if (flags & SLV_FLAG_PRIVATE) slv_signals_chain();
}
