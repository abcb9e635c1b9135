// Unsharing boundary pages where a fork or a sandbox asks for it. A page that holds program data must
// never be shared between parent and child: the parent copies such pages to a stash before the fork,
// the child moves to a slot of its own, filled from the stash, before anything else runs there; the
// parent never waits. What ran before the fork stays in the parent's slot, counted once.
#include "counters.h"
#include "recording.h"

// The stashes of the first objects: in a mapping that is there anyway, for a fork copies mappings.
#define NEAR_STASH 16384u
static char near_stash[NEAR_STASH] __attribute__((aligned(4096))); // one fault a page
static SLV_HOT uint32_t near_used;

// Context: thread
static char *make_stash(const struct slv_object *o) {
  size_t bytes = o->places.boundary_bytes;
  if (bytes <= NEAR_STASH - near_used) {
    near_used += (uint32_t)bytes;
    return near_stash + near_used - bytes;
  }
  char *at = slv_sys_mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return slv_failed(at) ? NULL : at;
}

// Context: thread
void slv_stash_drop(struct slv_object *o) {
  int near = o->stash >= near_stash && o->stash < near_stash + NEAR_STASH;
  if (o->stash != NULL && !near) slv_sys_munmap(o->stash, o->places.boundary_bytes);
  o->stash = NULL;
}

// Shares a fork child's pages with a slot of its own: program data comes from the stash, which the
// parent filled; the counters of the parent's slot are the parent's. For a moment the page shows the
// data that the slot's last owner left: nothing but this code runs in the child yet, and a death here
// leaves nothing that anybody reads. Context: thread
static int share_child(struct slv_object *o) {
  struct slv_lease lease;
  int error = slv_lease_take(o, &lease);
  if (error != 0) return error;
  error = slv_lease_count(o, &lease);
  if (error == 0) error = slv_map_runs(o, &lease);
  if (error == 0) {
    slv_lease_remember(o, &lease);
    slv_fork_born_in(o, lease.file);
  }
  slv_sys_close(lease.file);
  return error;
}

// Context: thread
static void restore_neighbours(const struct slv_object *o) {
  const char *from = o->stash;
  for (uint32_t b = 0; b < o->places.boundaries; b++) {
    const struct slv_run *boundary = &o->places.boundary[b];
    slv_restore_neighbours(o, boundary, from);
    from += boundary->high - boundary->low;
  }
}

// A fork child that gets no slot: the interior goes on adding to the parent's, which the mapping
// keeps locked; boundary pages become the child's own, the shared ones move aside for its flushes.
// Context: thread
static void unshare_child(struct slv_object *o) {
  const char *from = o->stash;
  for (uint32_t b = 0; b < o->places.boundaries; b++) {
    const struct slv_run *boundary = &o->places.boundary[b];
    char *at = (char *)(o->bias + boundary->low);
    size_t bytes = boundary->high - boundary->low;
    char *aside =
        slv_sys_mremap(at, 0, bytes, MREMAP_MAYMOVE, NULL); // 0: another view of the pages
    void *own = slv_sys_mmap(at, bytes, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    from += bytes;
    if (slv_failed(own)) continue;
    slv_copy(at, from - bytes, bytes);
    if (!slv_failed(aside)) slv_private_add(o, at, aside, bytes, at);
  }
  o->mode = SLV_MODE_MIXED;
}

// Makes a boundary private, still backed by our slot's pages until they are written: the switch is one
// mmap, so that no store of another thread is lost. In a fork child the pages set aside are the
// parent's, which goes on counting. Context: thread
static void unshare_boundary(struct slv_object *o, int file, const struct slv_run *boundary,
                             int in_child) {
  char *at = (char *)(o->bias + boundary->low);
  size_t bytes = boundary->high - boundary->low;
  char *aside = slv_sys_mremap(at, 0, bytes, MREMAP_MAYMOVE, NULL);
  uint64_t offset = o->slot_offset + slv_slot_position(o, boundary->low);
  void *got =
      slv_sys_mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, file, offset);
  if (slv_failed(got)) return;
  // Written once, so that what other lives add to the slot's pages never shows here.
  for (size_t i = 0; i < bytes; i += slv_process.page)
    __atomic_fetch_or(at + i, 0, __ATOMIC_RELAXED);
  if (slv_failed(aside)) slv_counters_note_loss((int)(intptr_t)aside); // counted for nobody
  else slv_private_add(o, at, aside, bytes, in_child ? at : aside);
}

// Context: thread
static void unshare_object(struct slv_object *o, int in_child) {
  int file = slv_lease_reopen(o);
  if (file < 0) return;
  for (uint32_t b = 0; b < o->places.boundaries; b++)
    unshare_boundary(o, file, &o->places.boundary[b], in_child);
  slv_sys_close(file);
  o->mode = SLV_MODE_MIXED;
}

// Context: thread
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

// Context: thread
void slv_counters_fork_prepare(void) {
  int count;
  struct slv_object *o = slv_objects(&count);
  slv_fork_sites();
  for (int i = 0; i < count; i++, o++) {
    if (o->mode != SLV_MODE_LIVE) continue;
    slv_reserve_prepare(o);
    if (o->places.boundaries == 0) continue;
    if (o->stash == NULL && (o->stash = make_stash(o)) == NULL) continue;
    fill_stash(o);
  }
}

// Context: thread
void slv_counters_fork_child(void) {
  int count, error;
  struct slv_object *o = slv_objects(&count);
  slv_counters_lock_reset();
  slv_objects_unloading_reset();
  for (int i = 0; i < count; i++, o++) {
    if (o->mode == SLV_MODE_GONE || o->mode == SLV_MODE_LOST) continue;
    slv_private_rebase(o);
    if (o->mode != SLV_MODE_LIVE || slv_process.sandboxed) continue;
    if (o->places.boundaries > 0 && o->stash == NULL) {
      unshare_object(o, 1); // no memory for a stash: the parent's pages as they are now
      continue;
    }
    error = slv_reserve_take(o);
    if (error != 0) error = share_child(o);
    if (error == 0) {
      restore_neighbours(o);
      continue;
    }
    unshare_child(o);
    __atomic_fetch_or(&slv_process.cell->flags, SLV_FLAG_PARENT_SLOT, __ATOMIC_RELAXED);
    slv_counters_note_loss(error);
  }
  slv_reserve_child();
  slv_counters_mode_changed();
}

// Before a seccomp filter comes: a fork in the sandbox could not unshare boundary pages without
// system calls, so they become private now. Context: thread
void slv_counters_enter_sandbox(void) {
  int count;
  uint64_t mask;
  if (!slv_process.active || slv_process.sandboxed || slv_is_vfork_child()) return;
  slv_counters_lock(&mask);
  struct slv_object *o = slv_objects(&count);
  for (int i = 0; i < count; i++, o++) {
    if (o->mode != SLV_MODE_LIVE || o->places.boundaries == 0) continue;
    slv_reserve_drop(o);
    unshare_object(o, 0);
  }
  slv_counters_mode_changed();
  slv_counters_unlock(&mask);
}
