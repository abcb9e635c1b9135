// The functions that ours stand in front of. dlsym(RTLD_NEXT) would do, but it is versioned
// GLIBC_2.34 where it is linked today, takes the loader's locks, and allocates when it fails.
#include <elf.h>
#include <link.h>

#include "runtime.h"

#define OBJECTS 192

struct table { // one object's dynamic symbols
  uintptr_t base;
  const ElfW(Dyn) * dynamic;
  const uint32_t *hash; // DT_GNU_HASH; NULL until looked at, or none
  const ElfW(Sym) * symbols;
  const char *names;
  const uint16_t *versions;
  int looked;
};

#define FIRST_OBJECTS 6 // most processes have no more

static SLV_HOT struct table first_tables[FIRST_OBJECTS]; // the objects after ours in search order
static struct table more_tables[OBJECTS - FIRST_OBJECTS];
static SLV_HOT int tables_used;
static SLV_HOT int ready;

// Context: any
static struct table *table(int i) {
  return i < FIRST_OBJECTS ? &first_tables[i] : &more_tables[i - FIRST_OBJECTS];
}

extern const char slv_image[] __asm__("__ehdr_start") __attribute__((visibility("hidden")));

// Context: thread
static int collect(struct dl_phdr_info *info, size_t size, void *state) {
  (void)size;
  int *found = state;
  if (info->dlpi_addr == (uintptr_t)slv_image) {
    *found = 1;
    return 0;
  }
  if (!*found || tables_used == OBJECTS) return 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    if (info->dlpi_phdr[i].p_type != PT_DYNAMIC) continue;
    struct table *t = table(tables_used);
    t->base = info->dlpi_addr;
    t->dynamic = (const ElfW(Dyn) *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
    tables_used++;
  }
  return 0;
}

// glibc relocates these entries in place on both processors; other loaders may leave offsets.
// Context: any
static const void *pointer(const struct table *t, ElfW(Addr) value) {
  return (const void *)(value < t->base ? value + t->base : value);
}

// Context: any
static void look(struct table *t) {
  for (const ElfW(Dyn) *d = t->dynamic; d->d_tag != DT_NULL; d++) {
    if (d->d_tag == DT_GNU_HASH) t->hash = pointer(t, d->d_un.d_ptr);
    if (d->d_tag == DT_SYMTAB) t->symbols = pointer(t, d->d_un.d_ptr);
    if (d->d_tag == DT_STRTAB) t->names = pointer(t, d->d_un.d_ptr);
    if (d->d_tag == DT_VERSYM) t->versions = pointer(t, d->d_un.d_ptr);
  }
  __atomic_store_n(&t->looked, 1, __ATOMIC_RELEASE);
}

// The symbol's default version in one object, by its GNU hash table. Context: any
static void *find(struct table *t, const char *name, uint32_t hash) {
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
        ELF64_ST_TYPE(s->st_info) == STT_FUNC)
      return (void *)(t->base + s->st_value);
    if (h & 1) return NULL;
  }
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
  uint32_t hash = 5381;
  for (const char *c = name; *c != 0; c++) hash = hash * 33 + (unsigned char)*c;
  for (int i = 0; i < tables_used; i++) {
    void *found = find(table(i), name, hash);
    if (found != NULL) return found;
  }
  return NULL;
}
