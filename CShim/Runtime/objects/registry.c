// All objects of this process that have counters, and the memory that belongs to each.
#include "objects/objects.h"

// The first few stand with the other things that a fork child changes; a process that has more moves
// all of them to reserved address space, touched as far as used, and to twice as much when that is full.
#define FIRST_OBJECTS 3
#define MOVED_OBJECTS 1024
static SLV_HOT struct slv_object first_objects[FIRST_OBJECTS];
static SLV_HOT struct slv_object *objects = first_objects;
static SLV_HOT int used;
static SLV_HOT int room = FIRST_OBJECTS;

// Context: any
struct slv_object *slv_objects(int *count) {
  *count = used; // before the array: one that is read later holds at least as many
  return __atomic_load_n(&objects, __ATOMIC_ACQUIRE);
}

// A flush in a handler or another thread may read the old place meanwhile: it stays as it is, and what
// both lead to (saved copies, slots) is the same. Context: thread
static int move_objects(void) {
  int more = room == FIRST_OBJECTS ? MOVED_OBJECTS : 2 * room;
  void *at = more > INT32_MAX / 4
                 ? MAP_FAILED
                 : slv_sys_mmap(NULL, (size_t)more * sizeof *objects, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (slv_failed(at)) return 0;
  slv_copy(at, objects, (size_t)used * sizeof *objects);
  for (int i = 0; i < used; i++) slv_places_near((struct slv_object *)at + i);
  __atomic_store_n(&objects, at, __ATOMIC_RELEASE);
  room = more;
  return 1;
}

// A hole of an unloaded one, or the next. Context: thread
struct slv_object *slv_object_add(void) {
  struct slv_object *o = NULL;
  for (int i = 0; i < used && o == NULL; i++)
    if (objects[i].mode == SLV_MODE_GONE) o = &objects[i];
  if (o == NULL && (used < room || move_objects())) o = &objects[used++];
  if (o != NULL) slv_zero(o, sizeof *o);
  return o;
}

// Context: any
void slv_reserve_drop(struct slv_object *o) {
  struct slv_reserve *r = &o->reserve;
  if (r->image != NULL) slv_sys_munmap(r->image, (size_t)r->slots * o->slot_size);
  r->image = NULL;
}

// Context: any
void slv_aside_drop(struct slv_object *o) {
  if (o->aside == NULL) return;
  size_t before = (size_t)o->aside_before * o->slot_size;
  slv_sys_munmap(o->aside - before, before + o->slot_size);
  o->aside = NULL;
  o->aside_before = 0;
}

// The stashes of the first objects: in a mapping that is there anyway, for a fork copies mappings.
#define NEAR_STASH 16384u
static char near_stash[NEAR_STASH] __attribute__((aligned(4096))); // one fault a page
static SLV_HOT uint32_t near_used;

// Context: any
int slv_stash_make(struct slv_object *o) {
  size_t bytes = o->places.boundary_bytes;
  if (bytes <= NEAR_STASH - near_used) {
    o->stash = near_stash + near_used;
    near_used += (uint32_t)bytes;
    return 1;
  }
  char *at = slv_sys_mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (slv_failed(at)) return 0;
  o->stash = at;
  return 1;
}

// Context: any
static void stash_drop(struct slv_object *o) {
  int near = o->stash >= near_stash && o->stash < near_stash + NEAR_STASH;
  if (o->stash != NULL && !near) slv_sys_munmap(o->stash, o->places.boundary_bytes);
  o->stash = NULL;
}

// Context: any
void slv_object_drop(struct slv_object *o) {
  o->mode = SLV_MODE_GONE;
  struct slv_places *places = &o->places;
  for (uint32_t p = 0; p < places->privates; p++)
    if (places->private[p].saved != NULL)
      slv_sys_munmap(places->private[p].saved, places->private[p].bytes);
  slv_aside_drop(o);
  stash_drop(o);
  slv_reserve_drop(o);
  if (o->table != NULL) slv_sys_munmap(o->table, o->table_bytes);
  slv_zero(o, sizeof *o);
}
