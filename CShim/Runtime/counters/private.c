// Private counters: pages that are not shared, saved by flushes into a slot that is mapped aside.
// A flush adds what is new since the last one, by plain stores: no lock, nothing that a signal could
// find half-way but one counter. Where it faults it leaves that part out.
#include "counters/counters.h"
#include "ledger/ledger.h"
#include "process/debug.h"
#include "process/memory.h"
#include "signals/signals.h"

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

// Of counters/flush_loops.S.
int slv_flush_words(const uint64_t *memory, uint64_t *shared, uint64_t *saved, size_t count);
int slv_flush_bytes(const char *memory, char *shared, size_t count, int both);

// A program that resets its counters has them begin anew at 0: what was saved of them stays so. Threads that
// count without atomics may set one back a little, which is no reset. Context: any
static void find_resets(const struct slv_private *p, uintptr_t low, uintptr_t high) {
  uint64_t now[64];
  for (; low < high; low += sizeof now) {
    size_t bytes = high - low < sizeof now ? high - low : sizeof now;
    uint64_t *saved = (uint64_t *)(void *)(p->saved + (low - (uintptr_t)p->memory));
    if (!slv_copy_if_readable(now, (const void *)low, bytes)) return;
    for (size_t i = 0; i < bytes / 8; i++)
      if (now[i] < saved[i])
        __atomic_store_n(&saved[i], now[i] < (saved[i] + 1) / 2 ? 0 : now[i], __ATOMIC_RELAXED);
  }
}

// 0, or 1 where memory could not be read or the slot not be written. Context: any
static int flush_part(const struct slv_private *p, uint32_t kind, uintptr_t low, uintptr_t high) {
  char *memory = (char *)low;
  char *shared = p->shared + (memory - p->memory);
  char *saved = p->saved + (memory - p->memory);
  // Nobody else adds to the slot, so that the sum of all differences is what memory holds. Where such a
  // region begins or ends within a word of 8 bytes, the other half is of no meaning in the slot.
  if (kind == SLV_REGION_LISTS32) {
    size_t lead = low & 7, words = (high - low + lead + 7) / 8;
    return slv_flush_words((uint64_t *)(void *)(memory - lead), (uint64_t *)(void *)(shared - lead),
                           (uint64_t *)(void *)(saved - lead), words);
  }
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
    // Bits tell not whose they are, once there are others.
    if ((o->uses & SLV_USE_RESETS) && o->places.region[r].kind == SLV_REGION_ADD64)
      find_resets(p, low, high);
    if (o->merged && o->places.region[r].kind != SLV_REGION_ADD64) continue;
    failed |= flush_part(p, o->places.region[r].kind, low, high);
  }
  return failed;
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
  slv_note_flush(failed);
  slv_debug(failed ? "save-failed" : "saved", count, NULL);
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

// Context: thread
void slv_private_save(struct slv_object *o) {
  uint64_t mask;
  int opened = open_faults(&mask);
  flush_object(o);
  if (opened) slv_signals_restore(&mask);
}

// Context: thread
void slv_private_merged(struct slv_object *o) {
  for (uint32_t i = 0; i < o->places.privates; i++) {
    struct slv_private *p = &o->places.private[i];
    if (p->saved != NULL) slv_copy_if_readable(p->saved, p->memory, p->bytes);
  }
  o->merged = 1;
}

// The heads of a child's lists are to be saved, too. Context: any
static void rebase_lists(const struct slv_private *p, uintptr_t low, uintptr_t high) {
  struct slv_lists lists = {.head = 0};
  const uint32_t *memory = (const uint32_t *)low;
  uint32_t *saved = (uint32_t *)(void *)(p->saved + (low - (uintptr_t)p->memory));
  for (size_t i = 0; i < (high - low) / 4; i++) {
    uint32_t word = memory[i];
    slv_lists_clear(&word, 1, &lists);
    saved[i] -= word; // 0 for a head; for a count what the parent counted, as before
  }
}

// Where the program may not read its own counters now, nobody knows what of them is the child's.
// Context: any
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
    if (o->places.region[r].kind == SLV_REGION_LISTS32) rebase_lists(p, low, high);
    if (o->places.region[r].kind != SLV_REGION_WRAP8) continue;
    slv_zero((void *)low, high - low);
    slv_zero(p->saved + (low - (uintptr_t)p->memory), high - low);
  }
}

// Context: any
void slv_private_rebase(struct slv_object *o) {
  for (uint32_t i = 0; i < o->places.privates; i++) rebase(o, &o->places.private[i]);
  if (o->mode != SLV_MODE_LIVE) slv_private_born(o);
}

// Context: any
void slv_private_born(struct slv_object *o) {
  if (o->aside == NULL || (o->site | o->born_at) == 0)
    return; // no store: a page that it would copy
  o->born_at = o->site;
  o->born_noted = 0;
}
