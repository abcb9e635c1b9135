// Unsharing boundary pages where a fork or a sandbox asks for it. A page that holds program data must
// never be shared between parent and child: the parent copies such pages to a stash before the fork,
// the child moves to a slot of its own, filled from the stash, before anything else runs there; the
// parent never waits. What ran before the fork stays in the parent's slot, counted once.
#include "counters/counters.h"
#include "ledger/ledger.h"
#include "process/memory.h"

// A function that is under way at a fork may go on counting in a list whose head it wrote before: a child's
// slot has the heads of all lists, and no counts. Context: any
static int write_heads(const struct slv_object *o, const struct slv_lease *lease) {
  uint32_t words[128];
  const struct slv_places *p = &o->places;
  for (uint32_t i = 0; i < p->regions; i++) {
    const struct slv_region *r = &p->region[i];
    uint64_t place = lease->offset + slv_slot_position(o, r->address);
    struct slv_lists lists = {.head = 0};
    for (size_t at = 0; r->kind == SLV_REGION_LISTS32 && at < r->size; at += sizeof words) {
      size_t bytes = r->size - at < sizeof words ? r->size - at : sizeof words;
      slv_copy(words, (const void *)(o->bias + r->address + at), bytes);
      slv_lists_clear(words, bytes / 4, &lists);
      if (((bytes & 7) != 0 || !slv_is_zero(words, bytes)) &&
          slv_sys_pwrite(lease->file, words, bytes, place + at) != (slv_word)bytes)
        return -EIO;
    }
  }
  return 0;
}

// Shares a fork child's pages with a slot of its own: program data comes from the stash, which the
// parent filled; the counters of the parent's slot are the parent's. For a moment the page shows the
// data that the slot's last owner left: nothing but this code runs in the child yet, and a death here
// leaves nothing that anybody reads. Context: any
static int share_child(struct slv_object *o) {
  struct slv_lease lease;
  int error = slv_lease_take(o, &lease);
  if (error != 0) return error;
  if (o->places.kinds & 1u << SLV_REGION_LISTS32) error = write_heads(o, &lease);
  if (error == 0) error = slv_lease_count(o, &lease);
  if (error == 0) error = slv_map_runs(o, &lease);
  if (error == 0) {
    slv_lease_remember(o, &lease);
    slv_aside_drop(o);
    slv_fork_born_in(o, lease.file);
  }
  slv_sys_close(lease.file);
  return error;
}

// Context: any
static void restore_neighbours(const struct slv_object *o) {
  const char *from = o->stash;
  for (uint32_t b = 0; b < o->places.boundaries; b++) {
    const struct slv_run *boundary = &o->places.boundary[b];
    slv_restore_neighbours(o, boundary, from);
    from += boundary->high - boundary->low;
  }
}

// A fork child that gets no slot: the interior goes on adding to the parent's, which the mapping
// keeps locked; boundary pages become the child's own, the shared ones move aside for its flushes. Nothing is
// lost then unless it is killed without warning. 0 when some of it can't be saved. Context: any
static int unshare_child(struct slv_object *o) {
  const char *from = o->stash;
  int all = 1;
  for (uint32_t b = 0; b < o->places.boundaries; b++) {
    const struct slv_run *boundary = &o->places.boundary[b];
    char *at = (char *)(o->bias + boundary->low);
    size_t bytes = boundary->high - boundary->low;
    char *aside =
        slv_sys_mremap(at, 0, bytes, MREMAP_MAYMOVE, NULL); // 0: another view of the pages
    void *own = slv_sys_mmap(at, bytes, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    from += bytes;
    all &= !slv_failed(own) && !slv_failed(aside);
    if (slv_failed(own)) continue;
    slv_copy(at, from - bytes, bytes);
    if (!slv_failed(aside)) all &= slv_private_add(o, at, aside, bytes, at) == 0;
  }
  o->mode = SLV_MODE_MIXED;
  slv_private_born(o);
  return all;
}

// Where the slot's file can't be opened any more: a copy takes the place of the pages. What other threads
// store between the copy and the switch goes to the shared pages, and is fetched from there. 0 when there is
// no memory. Context: any
static int replace_by_copy(const struct slv_object *o, const struct slv_run *pages,
                           const char *shared) {
  char *at = (char *)(o->bias + pages->low);
  size_t bytes = pages->high - pages->low;
  char *copies =
      slv_sys_mmap(NULL, 2 * bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (slv_failed(copies)) return 0;
  char *seen = copies + bytes;
  slv_copy(seen, at, bytes);
  slv_copy(copies, seen, bytes);
  int done = !slv_failed(slv_sys_mremap(copies, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, at));
  uint64_t stop;
  uint32_t region = slv_region_behind(&o->places, pages->low);
  for (uint64_t low = pages->low;
       done && shared != NULL && slv_next_gap(&o->places, &region, &low, pages->high, &stop);
       low = stop)
    for (uint64_t i = low - pages->low; i < stop - pages->low; i++)
      if (shared[i] != seen[i]) at[i] = shared[i];
  slv_sys_munmap(done ? seen : copies, done ? bytes : 2 * bytes);
  return done;
}

// Makes a stretch of pages private, still backed by our slot's pages until they are written: the switch
// is one mmap, so that no store of another thread is lost. In a fork child the pages set aside are the
// parent's, which goes on counting. 0 when they stay shared. Context: any
static int unshare_pages(struct slv_object *o, int file, const struct slv_run *pages,
                         int in_child) {
  char *at = (char *)(o->bias + pages->low);
  size_t bytes = pages->high - pages->low;
  char *aside = slv_sys_mremap(at, 0, bytes, MREMAP_MAYMOVE, NULL);
  uint64_t offset = o->slot_offset + slv_slot_position(o, pages->low);
  void *got = file < 0 ? MAP_FAILED
                       : slv_sys_mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED,
                                      file, offset);
  if (slv_failed(got) && !replace_by_copy(o, pages, slv_failed(aside) ? NULL : aside)) return 0;
  // Written once, so that what other lives add to the slot's pages never shows here.
  for (size_t i = 0; i < bytes; i += slv_process.page)
    __atomic_fetch_or(at + i, 0, __ATOMIC_RELAXED);
  if (slv_failed(aside)) slv_note_loss((int)(intptr_t)aside); // counted for nobody
  else slv_private_add(o, at, aside, bytes, in_child ? at : aside);
  return 1;
}

// 0 when some of it stays shared. Context: any
static int unshare_object(struct slv_object *o, const struct slv_run *pages, uint32_t count,
                          int in_child) {
  int file = slv_lease_reopen(o), all = 1;
  for (uint32_t i = 0; i < count; i++) all &= unshare_pages(o, file, &pages[i], in_child);
  if (file >= 0) slv_sys_close(file);
  o->mode = SLV_MODE_MIXED;
  return all;
}

// Context: thread
int slv_counters_unshare(struct slv_object *o) {
  if (o->mode == SLV_MODE_PRIVATE) return 1;
  if (o->mode != SLV_MODE_LIVE) return 0;
  slv_reserve_drop(o);
  return unshare_object(o, o->places.run, o->places.runs, 0);
}

// Context: thread
int slv_counters_copy_private(const struct slv_object *o) {
  int all = 1;
  for (uint32_t i = 0; i < o->places.runs; i++) all &= replace_by_copy(o, &o->places.run[i], NULL);
  return all;
}

// Context: any
static void fill_stash(struct slv_object *o) {
  char *to = o->stash;
  for (uint32_t b = 0; b < o->places.boundaries; b++) {
    const struct slv_run *boundary = &o->places.boundary[b];
    uintptr_t from = o->bias + boundary->low;
    size_t bytes = boundary->high - boundary->low;
    if (!slv_objects_unloading()) {
      slv_copy(to, (const void *)from, bytes);
    } else if (!slv_copy_if_readable(to, (const void *)from, bytes)) { // the page may be gone
      slv_object_drop(o);
      return;
    }
    to += bytes;
  }
}

// Context: any
void slv_counters_fork_prepare(void) {
  int count;
  struct slv_object *o = slv_objects(&count);
  slv_fork_sites();
  for (int i = 0; i < count; i++, o++) {
    if (o->mode != SLV_MODE_LIVE) continue;
    slv_reserve_prepare(o);
    if (o->places.boundaries == 0) continue;
    if (o->stash == NULL && !slv_stash_make(o)) continue;
    fill_stash(o);
  }
}

// Context: any
void slv_counters_fork_child(void) {
  int count, error;
  struct slv_object *o = slv_objects(&count);
  slv_objects_lock_reset();
  slv_objects_unloading_reset();
  for (int i = 0; i < count; i++, o++) {
    if (o->mode == SLV_MODE_GONE || o->mode == SLV_MODE_LOST) continue;
    slv_private_rebase(o);
    if (o->mode != SLV_MODE_LIVE || slv_process.sandboxed) continue;
    if (o->places.boundaries > 0 && o->stash == NULL) {
      // no memory for a stash: the parent's pages as they are now
      unshare_object(o, o->places.boundary, o->places.boundaries, 1);
      continue;
    }
    error = slv_reserve_take(o);
    if (error != 0) error = share_child(o);
    if (error == 0) {
      restore_neighbours(o);
      continue;
    }
    if (!unshare_child(o)) slv_note_loss(error);
    __atomic_fetch_or(&slv_process.cell->flags, SLV_FLAG_PARENT_SLOT, __ATOMIC_RELAXED);
  }
  slv_reserve_child();
  slv_counters_mode_changed();
}

// Before a seccomp filter comes: a fork in the sandbox could not unshare boundary pages without
// system calls, so they become private now. Context: any
void slv_counters_enter_sandbox(void) {
  int count;
  uint64_t mask;
  if (!slv_process.active || slv_process.sandboxed || slv_is_vfork_child()) return;
  slv_leases_hold();
  slv_objects_lock(&mask);
  struct slv_object *o = slv_objects(&count);
  for (int i = 0; i < count; i++, o++) {
    if (o->mode != SLV_MODE_LIVE || o->places.boundaries == 0) continue;
    slv_reserve_drop(o);
    unshare_object(o, o->places.boundary, o->places.boundaries, 0);
  }
  slv_counters_mode_changed();
  slv_objects_unlock(&mask);
}
