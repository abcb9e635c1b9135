// The functions that ours stand in front of. dlsym(RTLD_NEXT) would do, but it is versioned
// GLIBC_2.34 where it is linked today, takes the loader's locks, and allocates when it fails.
#include "base/next.h"

#include "base/bytes.h"
#include "base/elf_symbols.h"
#include "base/libc.h"
#include "base/system.h"

#include "base/poison.h" // last

// The objects after ours in search order. Most processes have no more than the first few; those of a
// process that has more than all of these lie in a mapping.
#define FIRST_OBJECTS 6
#define MORE_OBJECTS 186
static SLV_HOT struct slv_symbols first_tables[FIRST_OBJECTS];
static struct slv_symbols near_tables[MORE_OBJECTS];
static SLV_HOT struct slv_symbols *more_tables = near_tables;
static SLV_HOT int tables_used;
static SLV_HOT int ready;

// Context: any
static struct slv_symbols *table(struct slv_symbols *more, int i) {
  return i < FIRST_OBJECTS ? &first_tables[i] : &more[i - FIRST_OBJECTS];
}

// Room for the objects from `first` on; what there is room for. Where there is no memory for it, the last
// place goes to libc, and what stands between the others and it is not found. Context: any
static int make_room(const struct link_map *first, struct slv_symbols **more) {
  size_t objects = 0;
  for (const struct link_map *l = first; l != NULL; l = l->l_next) objects++;
  if (objects <= FIRST_OBJECTS + MORE_OBJECTS) return FIRST_OBJECTS + MORE_OBJECTS;
  void *at = slv_sys_mmap(NULL, objects * sizeof(struct slv_symbols), PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (slv_failed(at)) return FIRST_OBJECTS + MORE_OBJECTS;
  *more = at;
  return objects > INT32_MAX ? INT32_MAX : (int)objects;
}

// Context: any
void slv_next_prepare(void) {
  struct slv_symbols *more = near_tables;
  const struct link_map *l = slv_libc_loaded();
  int used = 0;
  if (ready) return;
  while (l != NULL && l->l_addr != (uintptr_t)slv_image) l = l->l_next;
  if (l != NULL) l = l->l_next; // behind our own
  int room = make_room(l, &more);
  for (; l != NULL && used < room; l = l->l_next) {
    if (used == room - 1 && !slv_libc_is(l->l_name)) continue;
    if (l->l_ld != NULL)
      *table(more, used++) = (struct slv_symbols){.base = l->l_addr, .dynamic = l->l_ld};
  }
  more_tables = more;
  tables_used = used;
  __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
}

// Context: any
void *slv_next(const char *name) {
  if (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE)) slv_next_prepare();
  uint32_t hash = slv_symbols_hash(name);
  for (int i = 0; i < tables_used; i++) {
    void *found = slv_symbols_find(table(more_tables, i), name, hash, STT_FUNC);
    if (found != NULL) return found;
  }
  return NULL;
}
