// A dynamic symbol of one loaded object.
#include "base/elf_symbols.h"

#include "base/bytes.h"

#include "base/poison.h" // last

// Context: thread
int slv_symbols_of(const struct dl_phdr_info *info, struct slv_symbols *symbols) {
  for (int i = 0; i < info->dlpi_phnum; i++) {
    if (info->dlpi_phdr[i].p_type != PT_DYNAMIC) continue;
    symbols->base = info->dlpi_addr;
    symbols->dynamic = (const ElfW(Dyn) *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    return 1;
  }
  return 0;
}

// glibc relocates these entries in place on both processors; other loaders may leave offsets.
// Context: any
static const void *pointer(const struct slv_symbols *t, ElfW(Addr) value) {
  return (const void *)(value < t->base ? value + t->base : value);
}

// Context: any
static void look(struct slv_symbols *t) {
  for (const ElfW(Dyn) *d = t->dynamic; d->d_tag != DT_NULL; d++) {
    if (d->d_tag == DT_GNU_HASH) t->hash = pointer(t, d->d_un.d_ptr);
    if (d->d_tag == DT_SYMTAB) t->symbols = pointer(t, d->d_un.d_ptr);
    if (d->d_tag == DT_STRTAB) t->names = pointer(t, d->d_un.d_ptr);
    if (d->d_tag == DT_VERSYM) t->versions = pointer(t, d->d_un.d_ptr);
  }
  __atomic_store_n(&t->looked, 1, __ATOMIC_RELEASE);
}

// Context: any
uint32_t slv_symbols_hash(const char *name) {
  uint32_t hash = 5381;
  for (const char *c = name; *c != 0; c++) hash = hash * 33 + (unsigned char)*c;
  return hash;
}

// Context: any
const ElfW(Sym) *
    slv_symbols_entry(struct slv_symbols *t, const char *name, uint32_t hash, int type) {
  if (!__atomic_load_n(&t->looked, __ATOMIC_ACQUIRE)) look(t);
  if (t->hash == NULL || t->symbols == NULL || t->names == NULL) return NULL;
  uint32_t buckets = t->hash[0], first = t->hash[1], words = t->hash[2], shift = t->hash[3];
  const uint64_t *bloom = (const uint64_t *)(const void *)(t->hash + 4);
  uint64_t mask = 1ull << (hash % 64) | 1ull << ((hash >> shift) % 64);
  if (buckets == 0 || (bloom[(hash / 64) % words] & mask) != mask) return NULL;
  const uint32_t *bucket = (const uint32_t *)(bloom + words);
  const uint32_t *chain = bucket + buckets;
  uint32_t i = bucket[hash % buckets];
  if (i < first) return NULL;
  for (;; i++) {
    uint32_t h = chain[i - first];
    const ElfW(Sym) *s = &t->symbols[i];
    if ((h | 1) == (hash | 1) && s->st_shndx != SHN_UNDEF &&
        slv_same(t->names + s->st_name, name) &&
        (t->versions == NULL || (t->versions[i] & 0x8000) == 0) &&
        ELF64_ST_TYPE(s->st_info) == type)
      return s;
    if (h & 1) return NULL;
  }
}

// Context: any
void *slv_symbols_find(struct slv_symbols *t, const char *name, uint32_t hash, int type) {
  const ElfW(Sym) *s = slv_symbols_entry(t, name, hash, type);
  return s != NULL ? (void *)(t->base + s->st_value) : NULL;
}
