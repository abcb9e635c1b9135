// Finding the objects of this process that have counters: all at start, later ones when they are
// loaded. dlopen itself is not hooked, for its caller's RUNPATH and $ORIGIN hang on the return
// address; instead the objects tell of themselves (hooks/gmon_start.c).
#include <unistd.h>

#include "base/hash.h"
#include "base/libc.h"
#include "base/next.h"
#include "counters/counters.h"
#include "ledger/ledger.h"
#include "life/life.h"
#include "process/debug.h"
#include "process/recording.h"
#include "python/host.h"
#include "sources/source.h"

// Of the segments that have these flags. Context: thread
static void extent(const struct dl_phdr_info *info, uint32_t flags, uintptr_t *low,
                   uintptr_t *high) {
  *low = UINTPTR_MAX;
  *high = 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *p = &info->dlpi_phdr[i];
    if (p->p_type != PT_LOAD || (p->p_flags & flags) != flags) continue;
    uintptr_t a = info->dlpi_addr + p->p_vaddr, b = a + p->p_memsz;
    if (a < *low) *low = a;
    if (b > *high) *high = b;
  }
}

// Context: thread
static int is_attached(uintptr_t low, uint64_t image) {
  int count;
  struct slv_object *o = slv_objects(&count);
  for (int i = 0; i < count; i++, o++) {
    if (o->mode == SLV_MODE_GONE || o->low != low) continue;
    if (o->image == image) return 1;
    slv_object_drop(o); // unloaded behind our back, and another came to its place
  }
  return 0;
}

// Context: thread
static void note(const struct dl_phdr_info *info, uint32_t loss, int error) {
  struct slv_cell *cell = slv_process.cell;
  if (loss == SLV_LOSS_NONE || cell->loss != SLV_LOSS_NONE) return;
  cell->loss = (uint16_t)loss;
  slv_debug("lost", loss, info->dlpi_name);
  if (loss == SLV_LOSS_UNREADABLE) cell->loss_errno = error;
}

// The page behind the last one of the object's data that its file is behind. Context: thread
static uint64_t unbacked(const struct dl_phdr_info *info) {
  uint64_t end = 0, page = slv_process.page;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *p = &info->dlpi_phdr[i];
    if (p->p_type == PT_LOAD && p->p_vaddr + p->p_filesz > end) end = p->p_vaddr + p->p_filesz;
  }
  return (end + page - 1) / page * page;
}

// An object that was instrumented and has nothing to count is in the report, so it is one of the ledger's; its
// runtime need not write an empty file. Context: thread
static void attach_unused(const struct dl_phdr_info *info, uint64_t image,
                          const struct slv_found *found) {
  uint32_t sources = slv_found_unused_set(found);
  struct slv_object *o = sources != 0 ? slv_object_add() : NULL;
  if (o == NULL) return;
  o->bias = info->dlpi_addr;
  extent(info, 0, &o->low, &o->high);
  o->image = image;
  o->sources = sources;
  o->mode = SLV_MODE_LOST;
  slv_process.cell->objects++;
}

// 1 when its counters are kept. Context: thread
static int attach_found(const struct dl_phdr_info *info, uint64_t image, struct slv_found *found,
                        enum slv_when when) {
  uint32_t loss = found->loss;
  int admitted = slv_sources_admit(info, found, &loss);
  note(info, loss, found->error);
  if (found->sources == 0) attach_unused(info, image, found);
  if (!admitted || found->sources == 0) return 0;
  if (!slv_found_check(info, found)) {
    if (found->regions != 0) slv_note_loss(-EINVAL); // a damaged list, or too much for a slot
    return 0;
  }
  struct slv_object *o = slv_object_add();
  if (o == NULL) {
    slv_note_loss(-ENOMEM);
    return 0;
  }
  o->bias = info->dlpi_addr;
  extent(info, 0, &o->low, &o->high);
  extent(info, PF_X, &o->text_low, &o->text_high);
  o->unbacked = unbacked(info);
  o->image = image;
  o->uses = found->hosts;
  o->starting = when == SLV_STARTING;
  slv_places_make(o, found);
  slv_counters_attach(o, when);
  slv_process.cell->objects++;
  slv_debug("attached", o->mode, info->dlpi_name);
  slv_fork_register();
  return o->mode != SLV_MODE_LOST;
}

// 0 when an error, which may pass, hid what the object holds. Context: thread
static int attach(const struct dl_phdr_info *info, enum slv_when when) {
  const char *name = slv_basename(info->dlpi_name);
  // Part of every process, and never instrumented: libc's own start would run counters too early.
  if (slv_starts(name, "linux-vdso") || slv_starts(name, "ld-linux") || slv_libc_is(name)) return 1;
  struct slv_found found = {.sources = 0};
  uintptr_t low, high;
  int has_id;
  uint64_t image = slv_object_image(info, &has_id);
  extent(info, 0, &low, &high);
  if (is_attached(low, image)) return 1;
  uint64_t key = has_id ? image : slv_object_key(info);
  int nameless = key == 0; // no build id, and no path that leads to it
  uint32_t each_life = slv_sources_of_each_life();
  if (!nameless) slv_index_lookup(key, &found, each_life);
  int known = found.known;
  if (!known && slv_python_is_host(info)) found.hosts = SLV_HOST_PYTHON;
  if (found.hosts & SLV_HOST_PYTHON) slv_python_found(info);
  if (known && found.sources == 0) {
    attach_unused(info, image, &found);
    return 1;
  }
  if (known && found.regions == 0 && when < SLV_RUNNING) slv_table_read(&found);
  if (found.regions == 0 || (found.sources & each_life)) {
    if (!slv_object_inspect(info, &found, when)) {
      slv_sources_settle(&found, 0);
      slv_found_drop(&found);
      return 0;
    }
    // What this life could not see the next one may.
    int whole = found.blind == SLV_LOSS_NONE && !(found.loss != SLV_LOSS_NONE && !found.sources);
    if (!known && whole && !nameless) slv_index_insert(key, &found, each_life);
  }
  slv_sources_settle(&found, attach_found(info, image, &found, when));
  slv_found_drop(&found);
  return 1;
}

// What the loader had loaded when all was looked at: its count goes up only.
static SLV_HOT unsigned long long seen;

// Context: constructor
static int start_one(struct dl_phdr_info *info, size_t size, void *state) {
  (void)size;
  seen = info->dlpi_adds;
  if (info->dlpi_addr == (uintptr_t)slv_image) return 0; // ours
  attach(info, *(enum slv_when *)state);
  return 0;
}

// Context: constructor
void slv_objects_start(const char *name, int by_loader, char *const environment[]) {
  // glibc sets `environ` before any constructor but those of a library that is linked as ours is: where
  // another one such took our place, what we meet runs already.
  enum slv_when when = environ == NULL || slv_libc_is_musl() ? SLV_STARTING : SLV_RUNNING;
  slv_executed = name;
  slv_by_loader = by_loader;
  slv_environment = environment;
  dl_iterate_phdr(start_one, &when);
  slv_environment = NULL; // a program may overwrite it
}

struct question {
  uintptr_t address;
  enum slv_source source;
  enum slv_when when;
  int known; // the object that holds the address has counters of the source, and they are ours
};

// Context: thread
static void answer(const struct dl_phdr_info *info, uintptr_t low, struct question *q) {
  int count, error = 0;
  const struct slv_object *o = slv_objects(&count);
  for (int i = 0; i < count; i++, o++)
    if (o->mode != SLV_MODE_GONE && o->low == low) q->known |= (o->sources & 1u << q->source) != 0;
  if (q->known) return;
  enum slv_loss loss = slv_sources_explain(info, q->source, &error);
  note(info, loss, error);
}

// Context: thread
static int attach_if_holds(struct dl_phdr_info *info, size_t size, void *state) {
  (void)size;
  struct question *q = state;
  uintptr_t low, high;
  extent(info, 0, &low, &high);
  if (q->address < low || q->address >= high) return 0;
  uint64_t mask;
  if (!slv_objects_try_lock(&mask)) return SLV_WALK_AGAIN;
  // What has no _init tells of itself here first, and its runtime takes the answer for good.
  if (!attach(info, q->when)) attach(info, q->when);
  answer(info, low, q);
  slv_objects_unlock(&mask);
  return 1;
}

// Context: thread
int slv_objects_attach_caller(const void *address, enum slv_source source, enum slv_when when) {
  struct question q = {(uintptr_t)address, source, when, 0};
  if (!slv_process.active || slv_process.sandboxed || slv_is_vfork_child()) return 1;
  // The loader's lock first, ours inside: dlopen holds the loader's already.
  while (dl_iterate_phdr(attach_if_holds, &q) == SLV_WALK_AGAIN) slv_sys_sched_yield();
  return q.known;
}

// An object with an _init, from which each such object tells of itself: none of its constructors ran if
// this is the first that is heard of it. Context: thread
static int has_init(const struct dl_phdr_info *info) {
  for (int i = 0; i < info->dlpi_phnum; i++) {
    if (info->dlpi_phdr[i].p_type != PT_DYNAMIC) continue;
    const ElfW(Dyn) *d = (const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    for (; d->d_tag != DT_NULL; d++)
      if (d->d_tag == DT_INIT) return 1;
  }
  return 0;
}

struct walk {
  unsigned long long adds, first, index;
};

// New objects are the last ones of the loader's list. All that one dlopen loads are in it before the
// first constructor of them runs. Context: thread
static int attach_if_new(struct dl_phdr_info *info, size_t size, void *state) {
  (void)size;
  struct walk *w = state;
  if (w->index == 0) {
    w->adds = info->dlpi_adds;
    unsigned long long all = w->adds - info->dlpi_subs, new = w->adds - seen;
    if (new == 0 || slv_is_vfork_child()) return 1;
    w->first = all > new && !slv_libc_is_musl() ? all - new : 0; // musl counts calls of dlopen
  }
  if (w->index++ < w->first || info->dlpi_addr == (uintptr_t)slv_image) return 0;
  uint64_t mask;
  if (!slv_objects_try_lock(&mask)) return SLV_WALK_AGAIN;
  if (slv_libc_is_musl()) attach(info, SLV_RUNNING); // behind its constructors (hooks/dl.c)
  else if (has_init(info)) attach(info, SLV_LOADED);
  slv_objects_unlock(&mask);
  return 0;
}

// Context: thread
void slv_objects_attach_new(void) {
  struct walk walk = {.index = 0};
  int result;
  if (!slv_process.active || slv_process.sandboxed) return;
  while ((result = dl_iterate_phdr(attach_if_new, &walk)) == SLV_WALK_AGAIN) {
    walk.index = 0;
    slv_sys_sched_yield();
  }
  if (result == 0 && walk.adds > seen) seen = walk.adds;
}
