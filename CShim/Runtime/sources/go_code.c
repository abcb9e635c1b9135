// Reads the code that makes a Go package known: a call of addCovMeta in the package's `init`, with the address of
// the meta-data (cmd/compile/internal/coverage, `registerMeta`), its bytes, its hash, the package's path, and
// the number, mode and granularity that are checked here.
#include "base/bytes.h"
#include "base/facts.h"
#include "sources/go_module.h"

#if SLV_READS_GO_CODE

// Where the function at `start` ends: where the next one begins. Context: thread
static uint64_t end_of(const struct slv_go_module *m, uint64_t start) {
  uint64_t text = m->words[SLV_GO_TEXT], low = 0, high = m->words[SLV_GO_FUNCTIONS + 1];
  const uint32_t(*list)[2] = slv_go_at(m->file, m->words[SLV_GO_FUNCTIONS], high * 8);
  if (list == NULL || high > UINT32_MAX) return start;
  while (low < high) {
    uint64_t middle = low + (high - low) / 2;
    if (text + list[middle][0] > start) high = middle;
    else low = middle + 1;
  }
  uint64_t end =
      low < m->words[SLV_GO_FUNCTIONS + 1] ? text + list[low][0] : m->words[SLV_GO_TEXT_END];
  return end <= m->words[SLV_GO_TEXT_END] && slv_go_at(m->file, start, end - start) != NULL ? end
                                                                                            : start;
}

// Meta-data (internal/coverage, `MetaSymbolHeader`): u32 bytes, three names, hash[16], u32 0, files, functions;
// then the place of each function, ascending. Its bytes; 0: it is none. Context: thread
static uint32_t meta_size(const struct slv_file *file, const char *meta) {
  const uint32_t *head = slv_go_at(file, (uintptr_t)meta, 44);
  if (head == NULL || ((uintptr_t)meta & 3) != 0) return 0;
  uint32_t bytes = head[0], functions = head[10], before = 0;
  if (bytes < 44 || head[8] != 0 || functions > (bytes - 44) / 4 ||
      slv_go_at(file, (uintptr_t)meta, bytes) == NULL)
    return 0;
  for (uint32_t i = 0; i < functions; i++) {
    uint32_t place = head[11 + i];
    if (place >= bytes || place < 44 + 4 * functions || place <= before) return 0;
    before = place;
  }
  return bytes;
}

// Packages of Go's runtime alone have numbers before their time. Context: any
static int are_arguments(const struct slv_go_package *head) {
  return head->number < 0 && head->mode >= 1 && head->mode <= 4 && head->granularity >= 1 &&
         head->granularity <= 2;
}

#include SLV_PROCESSOR_FILE(sources, go_code.h)

#else

// This processor's code is not known. Context: thread
int slv_go_read_function(const struct slv_go_module *m, uint64_t start, struct slv_go_meta *meta) {
  (void)m, (void)start, (void)meta;
  return 0;
}

#endif
