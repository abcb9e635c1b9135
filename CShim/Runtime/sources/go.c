// Go's -cover: lists of u32 counters at the end of .noptrbss, one for each function, which say themselves
// whose they are once the function ran (internal/coverage, "Runtime counter data definitions").
//
// Go writes its files where GOCOVERDIR says at a normal end: what it finds in memory, so that each life gets a
// slot in which nothing is. GOCOVERDIR is left as it is.
#include "base/hash.h"
#include "sources/go_module.h"

// Context: any
static void hash_package(void *state, const struct slv_go_meta *meta) {
  uint64_t *h = state;
  *h = slv_hash(*h, meta->bytes + SLV_GO_HASH, SLV_GO_HASH);
  *h = slv_hash(*h, &meta->head, sizeof meta->head);
}

// Whether there is what registers counters at start, where nothing else of the program is known: strip leaves
// the names of functions. Context: thread
static int counts(const struct slv_file *file) {
  static const char name[] = "runtime/coverage.initHook";
  static const char places[] = ".gopclntab\0.data.rel.ro.gopclntab\0.data.rel.ro\0";
  for (const char *place = places; *place != 0; place += slv_length(place) + 1) {
    const Elf64_Shdr *section = slv_section(file, place);
    const char *text = section != NULL ? slv_section_memory(file, section) : NULL;
    for (uint64_t i = 0; text != NULL && i + sizeof name <= section->sh_size; i++)
      if (text[i] == name[0] && slv_equal(text + i, name, sizeof name)) return 1;
  }
  return 0;
}

// Context: thread
static int find(const struct slv_file *file, struct slv_found *found) {
  struct slv_go_module module;
  if (slv_section(file, ".go.buildinfo") == NULL) return 0;
  if (!slv_go_module_find(file, &module)) {
    if (counts(file)) found->loss = SLV_LOSS_UNKNOWN_FORMAT;
    return 0;
  }
  if (module.size == 0) return 0;
  uint64_t place[2] = {module.counters, module.size};
  uint64_t meaning = slv_hash(SLV_SOURCE_GO, place, sizeof place);
  if (slv_go_packages(&module, hash_package, &meaning) <= 0 ||
      !slv_found_region(found, SLV_SOURCE_GO, SLV_REGION_LISTS32, module.counters, module.size)) {
    found->loss = SLV_LOSS_UNKNOWN_FORMAT;
    return 0;
  }
  slv_found_source(found, SLV_SOURCE_GO, meaning | 1);
  return 1;
}

// Context: thread
static void keep_package(void *state, const struct slv_go_meta *meta) {
  struct slv_kept *to = state;
  slv_keep_bytes(to, &meta->head, sizeof meta->head);
  slv_keep_bytes(to, meta->bytes, meta->head.bytes);
  slv_keep_bytes(to, "\0\0\0\0\0\0\0", -meta->head.bytes & 7);
}

// Context: thread
static void count_package(void *state, const struct slv_go_meta *meta) {
  (void)meta;
  ++*(uint32_t *)state;
}

// Context: thread
static void make(struct slv_kept *to, const struct slv_file *file, const struct slv_found *found) {
  struct slv_go_module module;
  struct slv_go_header header = {.version = 1};
  (void)found;
  if (!slv_go_module_find(file, &module)) return;
  slv_go_packages(&module, count_package, &header.packages);
  header.files = module.names != NULL ? module.names_size : 0;
  slv_keep_section(to, SLV_GO_SECTION);
  slv_keep_bytes(to, &header, sizeof header);
  slv_go_packages(&module, keep_package, to);
  slv_keep_bytes(to, module.names, header.files);
}

extern const struct slv_source_ops slv_source_go;
const struct slv_source_ops slv_source_go = {
    .source = SLV_SOURCE_GO, .find = find, .keep = "", .make = make, .traces = ".initHook\0"};
