// The lists of an object that has many regions: a counter file holds them behind its header, so that one
// life of a recording finds and orders them, and the others read them.
#include "counters/counters.h"
#include "objects/found.h"

// Context: any
static int is_right(const struct slv_counters_header *h, uint64_t identity) {
  return h->magic == SLV_COUNTERS_MAGIC && h->version == SLV_ABI_VERSION &&
         h->identity == identity && h->page_size == slv_process.page &&
         h->table_regions > SLV_REGIONS && h->table_runs <= h->table_regions &&
         h->table_units <= h->table_regions;
}

// Mapped, the lists cost one page fault; read, one for each page. But that is for processes whose counters
// live in the file too: others do not mind when somebody cuts it off. Context: thread
static int load(int file, struct slv_region *to, size_t bytes) {
  struct stat st;
  if ((slv_process.settings & SLV_SETTING_PRIVATE) != 0 || slv_process.page > SLV_TABLE_OFFSET)
    return slv_sys_pread(file, to, bytes, SLV_TABLE_OFFSET) == (slv_word)bytes;
  return slv_sys_fstat(file, &st) == 0 && (uint64_t)st.st_size >= SLV_TABLE_OFFSET + bytes &&
         !slv_failed(
             slv_sys_mmap(to, bytes, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, SLV_TABLE_OFFSET));
}

// Context: thread
int slv_table_read(struct slv_found *f) {
  struct slv_counters_header h;
  int file = slv_identity_open(f->identity, ".0.cnt", O_RDONLY);
  if (file < 0) return 0;
  if (slv_sys_pread(file, &h, sizeof h, 0) == (slv_word)sizeof h && is_right(&h, f->identity) &&
      slv_found_reserve(f, h.table_regions)) {
    size_t bytes = slv_table_bytes(h.table_regions, h.table_runs, h.table_units);
    f->listed = load(file, f->table, bytes);
    // A mapping that failed may have taken away what was there (mmap(2)): it is not used again.
    if (!f->listed) f->table = NULL;
    else f->regions = h.table_regions, f->runs = h.table_runs, f->units = h.table_units;
  }
  slv_sys_close(file);
  return f->listed;
}
