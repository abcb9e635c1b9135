// Finding the objects of this process that have counters: all at start, later ones when they are
// loaded. dlopen itself is not hooked, for its caller's RUNPATH and $ORIGIN hang on the return
// address; instead the objects tell of themselves (hook_load.c).
#include "objects.h"

#include <unistd.h>

#include "counters.h"
#include "python_host.h"
#include "recording.h"

#define OBJECTS 1024

// The first few stand with the other things that a fork child changes; a process that has more moves
// all of them to reserved address space, touched as far as used.
#define FIRST_OBJECTS 3
static SLV_HOT struct slv_object first_objects[FIRST_OBJECTS];
static SLV_HOT struct slv_object *objects = first_objects;
static SLV_HOT int used;

// Context: any
struct slv_object *slv_objects(int *count) {
  *count = used; // before the array: one that is read later holds at least as many
  return __atomic_load_n(&objects, __ATOMIC_ACQUIRE);
}

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

// A flush in a handler or another thread may read the old place meanwhile: it stays as it is, and what
// both lead to (saved copies, slots) is the same. Context: thread
static int move_objects(void) {
  void *at = slv_sys_mmap(NULL, OBJECTS * sizeof *objects, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (slv_failed(at)) return 0;
  slv_copy(at, objects, (size_t)used * sizeof *objects);
  for (int i = 0; i < used; i++) slv_places_near((struct slv_object *)at + i);
  __atomic_store_n(&objects, at, __ATOMIC_RELEASE);
  return 1;
}

// An entry for a new object: a hole of an unloaded one, or the next. Context: thread
static struct slv_object *entry(void) {
  for (int i = 0; i < used; i++)
    if (objects[i].mode == SLV_MODE_GONE) return &objects[i];
  if (used == FIRST_OBJECTS && objects == first_objects && !move_objects()) return NULL;
  return used < OBJECTS ? &objects[used++] : NULL;
}

// Context: thread
static int attached(uintptr_t low, uint64_t key) {
  for (int i = 0; i < used; i++) {
    if (objects[i].mode == SLV_MODE_GONE || objects[i].low != low) continue;
    if (objects[i].key == key) return 1;
    slv_object_drop(&objects[i]); // unloaded behind our back, and another came to its place
  }
  return 0;
}

// Gives up an entry, with the memory that is ours. Context: thread
void slv_object_drop(struct slv_object *o) {
  o->mode = SLV_MODE_GONE;
  struct slv_places *places = &o->places;
  for (uint32_t p = 0; p < places->privates; p++)
    if (places->private[p].saved != NULL)
      slv_sys_munmap(places->private[p].saved, places->private[p].bytes);
  if (o->aside != NULL) slv_sys_munmap(o->aside, o->slot_size);
  slv_stash_drop(o);
  slv_reserve_drop(o);
  if (o->table != NULL) slv_sys_munmap(o->table, o->table_bytes);
  slv_zero(o, sizeof *o);
}

// What this process means for the object's counters. Context: thread
static int admitted(const struct dl_phdr_info *info, const struct slv_found *found) {
  uint32_t loss = found->loss;
  int keep = 1;
  for (size_t i = 0; i < SLV_SOURCE_COUNT; i++) {
    const struct slv_source_ops *source = slv_sources[i];
    if (source->admit != NULL && (found->sources & 1u << source->source))
      keep &= source->admit(info, found, &loss);
  }
  struct slv_cell *cell = slv_process.cell;
  if (loss != SLV_LOSS_NONE && cell->loss == SLV_LOSS_NONE) cell->loss = (uint16_t)loss;
  return keep;
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

// 1 when its counters are kept. Context: thread
static int attach_found(const struct dl_phdr_info *info, uint64_t key, struct slv_found *found,
                        enum slv_when when) {
  if (!admitted(info, found) || found->sources == 0) return 0;
  if (!slv_found_check(info, found)) {
    if (found->listed && found->regions != 0) slv_counters_note_loss(-EINVAL); // a damaged list
    return 0;
  }
  struct slv_object *o = entry();
  if (o == NULL) return 0;
  slv_zero(o, sizeof *o);
  o->bias = info->dlpi_addr;
  extent(info, 0, &o->low, &o->high);
  extent(info, PF_X, &o->text_low, &o->text_high);
  o->unbacked = unbacked(info);
  o->key = key;
  o->starting = when == SLV_STARTING;
  slv_places_make(o, found);
  slv_counters_attach(o, when);
  slv_process.cell->objects++;
  slv_fork_register();
  return o->mode != SLV_MODE_LOST;
}

// Context: thread
void slv_object_attach(const struct dl_phdr_info *info, enum slv_when when) {
  const char *name = slv_basename(info->dlpi_name);
  // Part of every process, and never instrumented: libc's own start would run counters too early.
  if (slv_starts(name, "linux-vdso") || slv_starts(name, "ld-linux") || slv_same(name, "libc.so.6"))
    return;
  uint64_t key = slv_object_key(info);
  struct slv_found found = {.sources = 0};
  uintptr_t low, high;
  extent(info, 0, &low, &high);
  if (key == 0 || attached(low, key)) return;
  slv_index_lookup(key, &found);
  int known = found.known;
  if (!known && slv_python_is_host(info)) found.hosts = SLV_HOST_PYTHON;
  if (found.hosts & SLV_HOST_PYTHON) slv_python_found(info);
  if (known && found.sources == 0) return;
  if (known && found.regions == 0 && when != SLV_RUNNING) slv_table_read(&found);
  if (found.regions == 0 || (found.sources & 1u << SLV_SOURCE_GCOV)) {
    if (!slv_object_inspect(info, &found, when)) {
      // LLVM's runtime will ask for this object once more; when it does, it has counters.
      if (when == SLV_RUNNING) slv_counters_note_loss(-EIO);
      slv_gcov_settle(&found, 0);
      slv_found_drop(&found);
      return;
    }
    if (!known) slv_index_insert(key, &found);
  }
  slv_gcov_settle(&found, attach_found(info, key, &found, when));
  slv_found_drop(&found);
}

// What the loader had loaded when all was looked at: its count goes up only.
static SLV_HOT unsigned long long seen;

// Context: constructor
static int start_one(struct dl_phdr_info *info, size_t size, void *state) {
  (void)size;
  seen = info->dlpi_adds;
  if (info->dlpi_addr == (uintptr_t)slv_image) return 0; // ours
  slv_object_attach(info, *(enum slv_when *)state);
  return 0;
}

// Context: constructor
void slv_objects_start(const char *name, int by_loader, char *const environment[]) {
  // libc sets `environ` before any constructor but those of a library that is linked as ours is: where
  // another one such took our place, what we meet runs already.
  enum slv_when when = environ == NULL ? SLV_STARTING : SLV_RUNNING;
  slv_executed = name;
  slv_by_loader = by_loader;
  slv_environment = environment;
  dl_iterate_phdr(start_one, &when);
  slv_environment = NULL; // a program may overwrite it
}

// Context: thread
static int attach_if_holds(struct dl_phdr_info *info, size_t size, void *address) {
  (void)size;
  uintptr_t low, high;
  extent(info, 0, &low, &high);
  if ((uintptr_t)address < low || (uintptr_t)address >= high) return 0;
  uint64_t mask;
  if (!slv_counters_try_lock(&mask)) return SLV_WALK_AGAIN;
  slv_object_attach(info, SLV_RUNNING);
  slv_counters_unlock(&mask);
  return 1;
}

// Context: thread
void slv_objects_attach_caller(const void *address) {
  if (!slv_process.active || slv_process.sandboxed || slv_is_vfork_child()) return;
  // The loader's lock first, ours inside: dlopen holds the loader's already.
  while (dl_iterate_phdr(attach_if_holds, (void *)(uintptr_t)address) == SLV_WALK_AGAIN)
    slv_sys_sched_yield();
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
    w->first = all > new ? all - new : 0;
  }
  if (w->index++ < w->first || info->dlpi_addr == (uintptr_t)slv_image) return 0;
  uint64_t mask;
  if (!slv_counters_try_lock(&mask)) return SLV_WALK_AGAIN;
  if (has_init(info)) slv_object_attach(info, SLV_LOADED);
  slv_counters_unlock(&mask);
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
