// What earlier lives of this recording found in an object: with a hit no file is opened, so a process
// without counters costs nothing here. A table in the ledger, insert-only, open-addressed.
#include "ledger/ledger.h"
#include "objects/found.h"
#include "objects/objects.h"

// Reads the entry that the key leads to first, while the constructor has the file open: a look into
// the mapped table is a fault, which a process without counters need not have. What one read shows
// may be half an entry that is being written; what a second one shows after `ready` was seen is whole.
// Context: thread
static int read_entry(uint64_t key, struct slv_index_entry *entry) {
  uint64_t at = SLV_LEDGER_HEADER_SIZE + key % SLV_INDEX_ENTRIES * sizeof *entry;
  for (int i = 0; i < 2; i++) {
    if (slv_sys_pread(slv_ledger_file, entry, sizeof *entry, at) != (slv_word)sizeof *entry ||
        entry->key != key || entry->ready != 1)
      return 0;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
  }
  return 1;
}

// Context: thread
int slv_index_lookup(uint64_t key, struct slv_found *found, uint32_t each_life) {
  struct slv_index_entry *table = slv_index(), read;
  if (slv_ledger_file >= 0 && read_entry(key, &read) && read.sources == 0) {
    found->sources = 0;
    found->known = 1;
    found->hosts = read.hosts;
    return 1;
  }
  for (unsigned i = 0; i < SLV_INDEX_ENTRIES; i++) {
    struct slv_index_entry *e = &table[(key + i) % SLV_INDEX_ENTRIES];
    uint64_t seen = __atomic_load_n(&e->key, __ATOMIC_ACQUIRE);
    if (seen == 0) return 0;
    if (seen != key) continue;
    if (__atomic_load_n(&e->ready, __ATOMIC_ACQUIRE) != 1) return 0; // its writer is busy, or died
    found->sources = e->sources;
    found->hosts = e->hosts;
    found->identity = e->identity;
    found->known = 1;
    slv_copy(found->region, e->region, sizeof found->region);
    found->regions = e->regions <= SLV_REGIONS ? e->regions : 0;
    if ((e->sources & each_life) == 0) return 1;
    found->regions = 0; // its units are to be taken over: each life finds them
    found->scan = e->region[0];
    return 1;
  }
  return 0;
}

// Context: thread
void slv_index_insert(uint64_t key, const struct slv_found *found, uint32_t each_life) {
  struct slv_index_entry *table = slv_index();
  for (unsigned i = 0; i < SLV_INDEX_ENTRIES / 2; i++) { // a full table only costs time
    struct slv_index_entry *e = &table[(key + i) % SLV_INDEX_ENTRIES];
    uint64_t none = 0;
    if (!__atomic_compare_exchange_n(&e->key, &none, key, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
      if (none == key) return;
      continue;
    }
    e->sources = found->sources;
    e->hosts = found->hosts;
    e->identity = found->identity;
    e->regions = found->regions;
    if (found->sources & each_life) e->region[0] = found->scan;
    else if (found->table == NULL) slv_copy(e->region, found->region, sizeof e->region);
    __atomic_store_n(&e->ready, 1, __ATOMIC_RELEASE);
    return;
  }
}
