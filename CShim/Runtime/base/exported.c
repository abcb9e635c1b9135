// Variables of one name in all loaded objects, also in those that the loader did not bind to.
#include "base/exported.h"

#include <stddef.h>

#include "base/elf_symbols.h"

#include "base/poison.h" // last

struct naming {
  const char *name;
  uint32_t hash;
  void (*each)(void *state, void *variable);
  void *state;
};

// Context: thread
static int name_in(struct dl_phdr_info *info, size_t size, void *state) {
  (void)size;
  struct naming *n = state;
  struct slv_symbols symbols = {.looked = 0};
  if (!slv_symbols_of(info, &symbols)) return 0;
  void *variable = slv_symbols_find(&symbols, n->name, n->hash, STT_OBJECT);
  if (variable != NULL) n->each(n->state, variable);
  return 0;
}

// Context: thread
void slv_exported(const char *name, void (*each)(void *state, void *variable), void *state) {
  struct naming n = {name, slv_symbols_hash(name), each, state};
  dl_iterate_phdr(name_in, &n);
}
