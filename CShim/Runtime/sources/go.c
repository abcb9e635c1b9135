// Go's -cover: lists of u32 counters at the end of .noptrbss, one for each function, which say themselves
// whose they are once the function ran (internal/coverage, "Runtime counter data definitions").
//
// Go writes its files where GOCOVERDIR says at a normal end: what it finds in memory, so that each life gets a
// slot in which nothing is. GOCOVERDIR is left as it is.
#include "base/elf_symbols.h"
#include "base/hash.h"
#include "sources/go_module.h"

#define ATOMIC 3u // a mode of counting (internal/coverage, `CounterMode`)

struct meaning {
  uint64_t hash;
  int is_atomic;
};

// Context: any
static void hash_package(void *state, const struct slv_go_meta *meta) {
  struct meaning *m = state;
  m->hash = slv_hash(m->hash, meta->bytes + SLV_GO_HASH, SLV_GO_HASH);
  m->hash = slv_hash(m->hash, &meta->head, sizeof meta->head);
  m->is_atomic |= meta->head.mode == ATOMIC;
}

// Whether the function is in the program, where Go's linker puts only what something leads to.
// Context: any
static int has_function(const char *names, uint64_t size, const char *name) {
  size_t length = slv_length(name) + 1;
  for (uint64_t i = 0; i + length <= size; i++)
    if ((i == 0 || names[i - 1] == 0) && names[i] == name[0] && slv_equal(names + i, name, length))
      return 1;
  return 0;
}

// In other modes than this one Go refuses to clear. Context: thread
static int clears(const struct slv_go_module *module) {
  uint64_t size = module->words[SLV_GO_NAMES + 1];
  const char *names = slv_go_at(module->file, module->words[SLV_GO_NAMES], size);
  return names != NULL && (has_function(names, size, "runtime/coverage.ClearCounters") ||
                           has_function(names, size, "internal/coverage/cfile.ClearCounters"));
}

// A plugin has what a program would have as its first module, and does not use it. Context: thread
static int is_plugin(const struct slv_go_module *module) {
  static const char name[] = "runtime.firstmoduledata";
  struct slv_symbols symbols = {.looked = 0};
  if (!slv_symbols_of(module->file->info, &symbols)) return 0;
  const void *first = slv_symbols_find(&symbols, name, slv_symbols_hash(name), STT_OBJECT);
  return first != NULL && first != module->words;
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
  struct meaning meaning = {slv_hash(SLV_SOURCE_GO, place, sizeof place), 0};
  if (is_plugin(&module)) {
    found->loss = SLV_LOSS_GO_PLUGIN;
    return 0;
  }
  if (slv_go_packages(&module, hash_package, &meaning) <= 0 ||
      !slv_found_region(found, SLV_SOURCE_GO, SLV_REGION_LISTS32, module.counters, module.size)) {
    found->loss = SLV_LOSS_UNKNOWN_FORMAT;
    return 0;
  }
  slv_found_source(found, SLV_SOURCE_GO, meaning.hash | 1);
  if (meaning.is_atomic && clears(&module)) found->hosts |= SLV_USE_GO_CLEARS;
  return 1;
}

// Context: thread
static int admit(const struct dl_phdr_info *info, const struct slv_found *found, uint32_t *loss) {
  (void)info;
  if (*loss == SLV_LOSS_NONE && (found->hosts & SLV_USE_GO_CLEARS)) *loss = SLV_LOSS_GO_CLEARS;
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
    .source = SLV_SOURCE_GO, .find = find, .make = make, .admit = admit, .traces = ".initHook\0"};
