// Symbols that a loaded object exports, by its GNU hash table: as dlsym finds them, but without the
// loader's locks, the heap, or a symbol version of our own.
#ifndef SLV_SYMBOLS_H
#define SLV_SYMBOLS_H

#include <elf.h>
#include <link.h>

struct slv_symbols { // one object's dynamic symbols
  uintptr_t base;
  const ElfW(Dyn) * dynamic;
  const uint32_t *hash; // DT_GNU_HASH; NULL until looked at, or none
  const ElfW(Sym) * symbols;
  const char *names;
  const uint16_t *versions;
  int looked;
};

// 0 when the object has no dynamic section. Context: thread
int slv_symbols_of(const struct dl_phdr_info *info, struct slv_symbols *symbols);

// Context: any
uint32_t slv_symbols_hash(const char *name);

// The symbol's default version, of that type (STT_FUNC, STT_OBJECT); NULL when the object has none.
// Context: any
const ElfW(Sym) *
    slv_symbols_entry(struct slv_symbols *symbols, const char *name, uint32_t hash, int type);
void *slv_symbols_find(struct slv_symbols *symbols, const char *name, uint32_t hash, int type);

#endif
