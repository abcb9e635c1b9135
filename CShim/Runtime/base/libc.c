// glibc and musl differ in what a preloaded library can see of them (glibc 2.36, musl 1.2.3).
#include "base/libc.h"

#include "base/attributes.h"
#include "base/bytes.h"
#include "base/elf_symbols.h"

#include "base/poison.h" // last

// musl has no _r_debug, but a pointer to its own, which glibc has not. Both weak, for the library is one.
#pragma weak _r_debug // else the loader would have to be named as a library that is needed
extern struct r_debug *_dl_debug_addr __attribute__((weak));

// Context: any
int slv_libc_is_musl(void) { return &_r_debug == NULL; }

// Context: any
int slv_libc_is(const char *name) {
  const char *base = slv_basename(name);
  if (!slv_libc_is_musl()) return slv_same(base, "libc.so.6");
  return slv_starts(base, "ld-musl-") || slv_same(base, "libc.so");
}

// Context: any
const struct link_map *slv_libc_loaded(void) {
  if (!slv_libc_is_musl()) return _r_debug.r_map;
  return &_dl_debug_addr != NULL && _dl_debug_addr != NULL ? _dl_debug_addr->r_map : NULL;
}

typedef int look_function(struct dl_phdr_info *, size_t, void *);
typedef int iterate_function(look_function *, void *);
static SLV_HOT iterate_function *iterate; // libc's

// Context: any
static iterate_function *find_iterate(void) {
  static const char name[] = "dl_iterate_phdr";
  for (const struct link_map *l = slv_libc_loaded(); l != NULL; l = l->l_next) {
    if (!slv_libc_is(l->l_name)) continue;
    struct slv_symbols libc = {.base = l->l_addr, .dynamic = l->l_ld};
    return (iterate_function *)slv_symbols_find(&libc, name, slv_symbols_hash(name), STT_FUNC);
  }
  return NULL;
}

struct renaming {
  look_function *look;
  void *state;
  int met; // objects
};

// musl names the program by its argv[0], and the kernel's object, which is the last, not at all. Context: any
static int rename_object(struct dl_phdr_info *info, size_t size, void *state) {
  struct renaming *r = state;
  struct dl_phdr_info copy = *info;
  if (r->met++ == 0) copy.dlpi_name = "";
  else if (copy.dlpi_name[0] == 0) copy.dlpi_name = "linux-vdso.so.1";
  return r->look(&copy, size, r->state);
}

// All our own calls come here. What the name leads to may be a sanitizer's in the program itself, which
// is not ready while our constructor runs: TSan's jumps to 0. Objects have the names that glibc gives
// them. Not exported. Context: thread
int dl_iterate_phdr(look_function *look, void *state) {
  iterate_function *real = __atomic_load_n(&iterate, __ATOMIC_RELAXED);
  if (real == NULL) __atomic_store_n(&iterate, real = find_iterate(), __ATOMIC_RELAXED);
  if (real == NULL) return 0;
  struct renaming r = {look, state, 0};
  return slv_libc_is_musl() ? real(rename_object, &r) : real(look, state);
}
