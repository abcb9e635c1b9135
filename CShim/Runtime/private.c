// Private counters: pages that are not shared, saved by flushes into a slot that is mapped aside.
// A flush adds what is new since the last one, by plain stores: no system call, no lock, nothing that
// a signal could find half-way but one counter. Where it faults it leaves that part out.
#include "counters.h"
#include "recording.h"

// Context: any
void slv_region_add(uint32_t kind, char *to, const char *from, size_t bytes) {
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
int slv_private_add(struct slv_object *o, char *memory, char *shared, size_t bytes,
                    const char *base) {
  struct slv_places *p = &o->places;
  if (p->privates == (p->boundaries > p->runs ? p->boundaries : p->runs)) return -ENOSPC;
  char *saved =
      slv_sys_mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (slv_failed(saved)) return (int)(intptr_t)saved;
  if (base != NULL) slv_copy(saved, base, bytes);
  p->private[p->privates] = (struct slv_private){memory, shared, saved, bytes};
  __atomic_store_n(&p->privates, p->privates + 1, __ATOMIC_RELEASE);
  return 0;
}

// The first region that `p` may hold a part of. Context: any
static uint32_t first_in(const struct slv_object *o, const struct slv_private *p) {
  return slv_region_behind(&o->places, (uintptr_t)p->memory - o->bias);
}

// The part [*low, *high) of region `r` that `p` holds; 0 when there is none. Context: any
static int overlap(const struct slv_object *o, const struct slv_private *p,
                   const struct slv_region *r, uintptr_t *low, uintptr_t *high) {
  uintptr_t a = o->bias + r->address, b = a + r->size;
  uintptr_t from = (uintptr_t)p->memory, to = from + p->bytes;
  *low = a > from ? a : from;
  *high = b < to ? b : to;
  return *low < *high;
}

// Of safe/flush.S.
int slv_flush_words(const uint64_t *memory, uint64_t *shared, uint64_t *saved, size_t count);
int slv_flush_bytes(const char *memory, char *shared, size_t count, int both);

// 0, or 1 where memory could not be read or the slot not be written. Context: any
static int flush_part(const struct slv_private *p, uint32_t kind, uintptr_t low, uintptr_t high) {
  char *memory = (char *)low;
  char *shared = p->shared + (memory - p->memory);
  char *saved = p->saved + (memory - p->memory);
  if (kind != SLV_REGION_ADD64)
    return slv_flush_bytes(memory, shared, high - low, kind == SLV_REGION_AND8);
  return slv_flush_words((uint64_t *)(void *)memory, (uint64_t *)(void *)shared,
                         (uint64_t *)(void *)saved, (high - low) / 8);
}

// Context: any
static int flush_private(const struct slv_object *o, const struct slv_private *p) {
  uintptr_t low, high;
  int failed = 0;
  for (uint32_t r = first_in(o, p); r < o->places.regions; r++) {
    if (!overlap(o, p, &o->places.region[r], &low, &high)) break;
    failed |= flush_part(p, o->places.region[r].kind, low, high);
  }
  return failed;
}

// Context: any
int slv_has_private(void) {
  return slv_process.active && (slv_process.cell->flags & SLV_FLAG_PRIVATE) != 0;
}

// Context: any
static int flush_object(const struct slv_object *o) {
  uint32_t privates = __atomic_load_n(&o->places.privates, __ATOMIC_ACQUIRE);
  int failed = 0;
  for (uint32_t p = 0; p < privates; p++) failed |= flush_private(o, &o->places.private[p]);
  return failed;
}

static SLV_HOT int incomplete; // a fault ended a part of the last flush

// Context: any
void slv_note_flushed(void) {
  if (!__atomic_load_n(&incomplete, __ATOMIC_RELAXED))
    __atomic_fetch_or(&slv_process.cell->flags, SLV_FLAG_FLUSHED, __ATOMIC_RELAXED);
}

// Context: any
void slv_flush(void) {
  if (!slv_has_private() || slv_is_vfork_child()) return;
  int count, failed = 0;
  struct slv_object *o = slv_objects(&count);
  for (int i = 0; i < count; i++, o++) {
    // While another thread is inside dlclose, memory of what can be unloaded may go at any moment;
    // it was saved before.
    if (o->mode == SLV_MODE_GONE || (!o->starting && slv_objects_unloading())) continue;
    failed |= flush_object(o);
  }
  __atomic_store_n(&incomplete, failed, __ATOMIC_RELAXED);
  if (!failed) __atomic_fetch_add(&slv_process.cell->snapshots, 1, __ATOMIC_RELAXED);
}

// Context: thread
void slv_flush_holding(const void *address) {
  if (!slv_has_private() || slv_is_vfork_child()) return;
  int count;
  struct slv_object *o = slv_objects(&count);
  for (int i = 0; i < count; i++, o++)
    if (o->mode != SLV_MODE_GONE && (uintptr_t)address >= o->low && (uintptr_t)address < o->high)
      flush_object(o);
}

// Context: any
void slv_private_rebase(struct slv_object *o) {
  for (uint32_t i = 0; i < o->places.privates; i++) {
    const struct slv_private *p = &o->places.private[i];
    uintptr_t low, high;
    for (uint32_t r = first_in(o, p); r < o->places.regions; r++) {
      if (!overlap(o, p, &o->places.region[r], &low, &high)) break;
      // A counter that wraps must not reach 0 from where the parent's stands.
      if (o->places.region[r].kind == SLV_REGION_WRAP8) slv_zero((void *)low, high - low);
      slv_copy(p->saved + (low - (uintptr_t)p->memory), (void *)low, high - low);
    }
  }
}
