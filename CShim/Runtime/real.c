// The functions that ours stand in front of. dlsym(RTLD_NEXT) would do, but it is versioned
// GLIBC_2.34 where it is linked today, takes the loader's locks, and allocates when it fails.
#include "symbols.h"

#define OBJECTS 192

#define FIRST_OBJECTS 6 // most processes have no more

static SLV_HOT struct slv_symbols
    first_tables[FIRST_OBJECTS]; // the objects after ours in search order
static struct slv_symbols more_tables[OBJECTS - FIRST_OBJECTS];
static SLV_HOT int tables_used;
static SLV_HOT int ready;

// Context: any
static struct slv_symbols *table(int i) {
  return i < FIRST_OBJECTS ? &first_tables[i] : &more_tables[i - FIRST_OBJECTS];
}

extern const char slv_image[] __asm__("__ehdr_start") __attribute__((visibility("hidden")));

#pragma weak _r_debug // else the loader would have to be named as a library that is needed
typedef int iterate_function(int (*)(struct dl_phdr_info *, size_t, void *), void *);
static SLV_HOT iterate_function *iterate; // libc's

// Context: any
static iterate_function *find_iterate(void) {
  static const char name[] = "dl_iterate_phdr";
  const struct link_map *l = &_r_debug != NULL ? _r_debug.r_map : NULL;
  for (; l != NULL; l = l->l_next) {
    if (!slv_same(slv_basename(l->l_name), "libc.so.6")) continue;
    struct slv_symbols libc = {.base = l->l_addr, .dynamic = l->l_ld};
    return (iterate_function *)slv_symbols_find(&libc, name, slv_symbols_hash(name), STT_FUNC);
  }
  return NULL;
}

// All our own calls come here. What the name leads to may be a sanitizer's in the program itself, which
// is not ready while our constructor runs: TSan's jumps to 0. Not exported. Context: thread
int dl_iterate_phdr(int (*look)(struct dl_phdr_info *, size_t, void *), void *state) {
  iterate_function *real = __atomic_load_n(&iterate, __ATOMIC_RELAXED);
  if (real == NULL) __atomic_store_n(&iterate, real = find_iterate(), __ATOMIC_RELAXED);
  return real != NULL ? real(look, state) : 0;
}

// Context: thread
static int collect(struct dl_phdr_info *info, size_t size, void *state) {
  (void)size;
  int *found = state;
  if (info->dlpi_addr == (uintptr_t)slv_image) {
    *found = 1;
    return 0;
  }
  if (!*found || tables_used == OBJECTS) return 0;
  if (slv_symbols_of(info, table(tables_used))) tables_used++;
  return 0;
}

// Context: thread
void slv_real_prepare(void) {
  int found = 0;
  if (ready) return;
  dl_iterate_phdr(collect, &found);
  __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
}

// Context: any
void *slv_next(const char *name) {
  if (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE)) slv_real_prepare();
  uint32_t hash = slv_symbols_hash(name);
  for (int i = 0; i < tables_used; i++) {
    void *found = slv_symbols_find(table(i), name, hash, STT_FUNC);
    if (found != NULL) return found;
  }
  return NULL;
}
