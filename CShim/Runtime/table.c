// The regions of an object that has many: a counter file holds them behind its header, so that one life of
// a recording finds them and the others read them.
#include "counters.h"
#include "recording.h"

// Context: any
static int is_right(const struct slv_counters_header *h, uint64_t identity) {
  return h->magic == SLV_COUNTERS_MAGIC && h->version == SLV_ABI_VERSION &&
         h->identity == identity && h->page_size == slv_process.page &&
         h->table_regions > SLV_REGIONS && h->table_runs <= h->table_regions;
}

// Context: thread
int slv_table_read(struct slv_found *f) {
  struct slv_counters_header header;
  int file = slv_identity_open(f->identity, ".0.cnt", O_RDONLY);
  if (file < 0) return 0;
  if (slv_sys_pread(file, &header, sizeof header, 0) == (slv_word)sizeof header &&
      is_right(&header, f->identity) && slv_found_reserve(f, header.table_regions)) {
    size_t bytes = header.table_regions * sizeof f->table[0];
    uint64_t at = SLV_TABLE_OFFSET + header.table_runs * sizeof(struct slv_run);
    f->listed = slv_sys_pread(file, f->table, bytes, at) == (slv_word)bytes;
    if (f->listed) f->regions = header.table_regions;
  }
  slv_sys_close(file);
  return f->listed;
}
