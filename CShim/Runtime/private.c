// Private counters: pages that are not shared, saved by flushes into a slot that is mapped aside.
// A flush adds what is new since the last one, by plain stores: no lock, nothing that a signal could
// find half-way but one counter. Where it faults it leaves that part out.
#include "counters.h"
#include "recording.h"
#include "signals.h"

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
  if (p->saved == NULL) return 1;
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

// That our life began by a fork is one more private count. It was noted by the child at once, by a store
// to a slot that may be gone. Context: any
static int flush_birth(struct slv_object *o) {
  static const uint64_t born = 1;
  if (o->born_at == 0) return 0;
  uint64_t *births = (uint64_t *)(void *)(o->aside + o->births);
  return slv_flush_words(&born, births + (o->born_at - 1), &o->born_noted, 1);
}

// Context: any
static int flush_object(struct slv_object *o) {
  uint32_t privates = __atomic_load_n(&o->places.privates, __ATOMIC_ACQUIRE);
  int failed = flush_birth(o);
  for (uint32_t p = 0; p < privates; p++) failed |= flush_private(o, &o->places.private[p]);
  return failed;
}

static SLV_HOT int incomplete; // a fault ended a part of the last flush

// Context: any
void slv_note_flushed(void) {
  if (!__atomic_load_n(&incomplete, __ATOMIC_RELAXED))
    __atomic_fetch_or(&slv_process.cell->flags, SLV_FLAG_FLUSHED, __ATOMIC_RELAXED);
}

// A fault in the loops must find our handler, also where the program, or we, block it: the kernel would
// end the process. What was sent and waits must not come by that. 1: `mask` is to be restored.
// Context: any
static int open_faults(uint64_t *mask) {
  const uint64_t faults = SLV_SIGNAL_BIT(SIGSEGV) | SLV_SIGNAL_BIT(SIGBUS);
  uint64_t pending = faults;
  if (slv_process.sandboxed || slv_sys_sigmask(SIG_BLOCK, NULL, mask) != 0 || !(*mask & faults))
    return 0;
  SLV_SYS2(SYS_rt_sigpending, &pending, sizeof pending);
  pending = faults & ~pending;
  slv_sys_sigmask(SIG_UNBLOCK, &pending, NULL);
  return 1;
}

// Context: any
void slv_flush(void) {
  if (!slv_has_private() || slv_is_vfork_child()) return;
  uint64_t mask;
  int count, failed = 0, opened = open_faults(&mask);
  struct slv_object *o = slv_objects(&count);
  for (int i = 0; i < count; i++, o++) {
    // While another thread is inside dlclose, memory of what can be unloaded may go at any moment;
    // it was saved before.
    if (o->mode == SLV_MODE_GONE || (!o->starting && slv_objects_unloading())) continue;
    failed |= flush_object(o);
  }
  if (opened) slv_signals_restore(&mask);
  __atomic_store_n(&incomplete, failed, __ATOMIC_RELAXED);
  if (!failed) __atomic_fetch_add(&slv_process.cell->snapshots, 1, __ATOMIC_RELAXED);
}

// Context: thread
void slv_flush_holding(const void *address) {
  if (!slv_has_private() || slv_is_vfork_child()) return;
  uint64_t mask;
  int count, opened = open_faults(&mask);
  struct slv_object *o = slv_objects(&count);
  for (int i = 0; i < count; i++, o++)
    if (o->mode != SLV_MODE_GONE && (uintptr_t)address >= o->low && (uintptr_t)address < o->high)
      flush_object(o);
  if (opened) slv_signals_restore(&mask);
}

// Context: any
int slv_copy_if_readable(void *to, const void *from, size_t bytes) {
  struct iovec into = {to, bytes}, there = {(void *)(uintptr_t)from, bytes};
  slv_word got = -ENOSYS;
  if (!slv_process.sandboxed)
    got = SLV_SYS6(SYS_process_vm_readv, slv_sys_getpid(), &into, 1, &there, 1, 0);
  if (got == -EFAULT || (got >= 0 && got < (slv_word)bytes)) return 0;
  if (got < 0) slv_copy(to, from, bytes); // the call is forbidden here
  return 1;
}

// Where the program may not read its own counters now, nobody knows what of them is the child's.
// Context: thread
static void rebase(const struct slv_object *o, struct slv_private *p) {
  uintptr_t low, high;
  if (p->saved == NULL) return;
  if (!slv_copy_if_readable(p->saved, p->memory, p->bytes)) {
    slv_sys_munmap(p->saved, p->bytes);
    p->saved = NULL;
    return;
  }
  // A counter that wraps must not reach 0 from where the parent's stands.
  for (uint32_t r = first_in(o, p); r < o->places.regions; r++) {
    if (!overlap(o, p, &o->places.region[r], &low, &high)) break;
    if (o->places.region[r].kind != SLV_REGION_WRAP8) continue;
    slv_zero((void *)low, high - low);
    slv_zero(p->saved + (low - (uintptr_t)p->memory), high - low);
  }
}

// Context: thread
void slv_private_rebase(struct slv_object *o) {
  for (uint32_t i = 0; i < o->places.privates; i++) rebase(o, &o->places.private[i]);
  if (o->aside == NULL || (o->site | o->born_at) == 0)
    return; // no store: a page that it would copy
  o->born_at = o->site;
  o->born_noted = 0;
}
