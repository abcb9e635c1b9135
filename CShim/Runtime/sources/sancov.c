// clang's -fsanitize-coverage: one counter, flag or guard for each block, in sections whose names
// survive strip, and in __sancov_pcs the address of each block, in the same order. Layout:
// SanitizerCoverage.cpp of LLVM, unchanged since pc-table came (LLVM 5).
//
// inline-8bit-counters wrap, so their slot serves one life (SLV_REGION_WRAP8). A guard is a word that
// the compiler's code hands to a callback with each block that runs: where the callback is ours
// (hooks/sancov.c, or the program has CShim/Cooperate/sancov.c linked in), it sets the word, so guards are
// flags. Where it is another's, the words are his and are left alone.
#include "base/elf_symbols.h"
#include "base/hash.h"
#include "base/next.h"
#include "sources/sancov_callbacks.h"
#include "sources/source.h"

// What llvm-symbolizer reads, and what leads to a debug file of a stripped program.
static const char kept[] = ".note.gnu.build-id\0"
                           ".debug_abbrev\0"
                           ".debug_addr\0"
                           ".debug_info\0"
                           ".debug_line\0"
                           ".debug_line_str\0"
                           ".debug_ranges\0"
                           ".debug_rnglists\0"
                           ".debug_str\0"
                           ".debug_str_offsets\0"
                           ".symtab\0"
                           ".strtab\0";

// The pc table is relocated: this does not change in memory.
static const char compared[] = ".note.gnu.build-id\0"
                               ".text\0";

struct sections {
  const Elf64_Shdr *pcs, *counters, *flags, *guards;
};

// Context: thread
static const Elf64_Shdr *filled(const struct slv_file *file, const char *name) {
  const Elf64_Shdr *section = slv_section(file, name);
  return section != NULL && section->sh_size > 0 ? section : NULL;
}

// An address as the linker saw it. Context: any
static uint64_t link_time(const struct slv_file *file, uint64_t pc) {
  return pc == 0 ? 0 : pc - file->bias;
}

// A hash over the section's bytes in the file, which memory does not have. Context: thread
static uint64_t hash_file(const struct slv_file *file, const Elf64_Shdr *section, uint64_t h) {
  char chunk[2048];
  for (uint64_t at = 0; at < section->sh_size; at += sizeof chunk) {
    uint64_t bytes = section->sh_size - at < sizeof chunk ? section->sh_size - at : sizeof chunk;
    slv_word got = slv_sys_pread(file->descriptor, chunk, bytes, section->sh_offset + at);
    if (got != (slv_word)bytes) break;
    h = slv_hash(h, chunk, bytes);
  }
  return h;
}

// Over all blocks, and over what says which lines they are: the build id, or else the line table.
// Context: thread
static uint64_t identity(const struct slv_file *file, const Elf64_Shdr *pcs) {
  const struct slv_sancov_block *entries = slv_section_memory(file, pcs);
  uint64_t h = slv_hash(SLV_SOURCE_SANCOV, &pcs->sh_addr, sizeof pcs->sh_addr);
  for (uint64_t i = 0; i < pcs->sh_size / sizeof *entries; i++) {
    struct slv_sancov_block e = {link_time(file, entries[i].address), entries[i].flags};
    h = slv_hash(h, &e, sizeof e);
  }
  const Elf64_Shdr *id = filled(file, ".note.gnu.build-id");
  const Elf64_Shdr *lines = filled(file, ".debug_line");
  const void *bytes = id != NULL ? slv_section_memory(file, id) : NULL;
  if (bytes != NULL) return slv_hash(h, bytes, id->sh_size);
  return lines != NULL && lines->sh_type != SHT_NOBITS ? hash_file(file, lines, h) : h;
}

// Whether the object's guards are set by us: its callback is the one of Cooperate/sancov.c, or comes
// from outside, where ours may stand. Context: thread
static int may_be_ours(const struct slv_file *file) {
  const Elf64_Shdr *symbols = slv_section(file, ".dynsym"), *names = slv_section(file, ".dynstr");
  if (slv_section(file, SLV_SANCOV_CALLBACKS) != NULL) return 1;
  if (symbols == NULL || names == NULL) return 0;
  const ElfW(Sym) *list = slv_section_memory(file, symbols);
  const char *text = slv_section_memory(file, names);
  if (list == NULL || text == NULL) return 0;
  for (uint64_t i = 1; i < symbols->sh_size / sizeof *list; i++)
    if (list[i].st_shndx == SHN_UNDEF && list[i].st_name < names->sh_size &&
        slv_same(text + list[i].st_name, SLV_GUARD_CALLBACK))
      return 1;
  return 0;
}

// Adds what is there for all blocks; several ways of counting in one object have a common table, which
// then fits none. Context: thread
static int add_regions(struct slv_found *found, const struct sections *s) {
  uint64_t blocks = s->pcs->sh_size / sizeof(struct slv_sancov_block);
  const struct {
    const Elf64_Shdr *section;
    enum slv_region_kind kind;
    uint64_t width;
  } parts[] = {{s->counters, SLV_REGION_WRAP8, 1},
               {s->flags, SLV_REGION_OR8, 1},
               {s->guards, SLV_REGION_FLAG32, 4}};
  for (int i = 0; i < 3; i++)
    if (parts[i].section != NULL && parts[i].section->sh_size != blocks * parts[i].width) return 0;
  for (int i = 0; i < 3; i++)
    if (parts[i].section != NULL &&
        !slv_found_region(found, SLV_SOURCE_SANCOV, parts[i].kind, parts[i].section->sh_addr,
                          parts[i].section->sh_size))
      return 0;
  return 1;
}

// Counters that nobody can read. An object that has no others is asked about by each life, so that each
// says it. Context: thread
static int unusable(struct slv_found *found, enum slv_loss loss) {
  found->loss = loss;
  if (found->regions == 0) found->sources |= 1u << SLV_SOURCE_SANCOV;
  return 1;
}

// Context: thread
static int find(const struct slv_file *file, struct slv_found *found) {
  struct sections s = {filled(file, "__sancov_pcs"), filled(file, "__sancov_cntrs"),
                       filled(file, "__sancov_bools"), filled(file, "__sancov_guards")};
  if (s.counters == NULL && s.flags == NULL && s.guards == NULL) return 0;
  int foreign = s.guards != NULL && !may_be_ours(file);
  if (foreign) s.guards = NULL;
  if (s.counters == NULL && s.flags == NULL && s.guards == NULL) {
    return unusable(found, SLV_LOSS_FOREIGN_GUARDS);
  }
  int loaded = found->known ? 1 : slv_file_is_loaded(file, compared);
  if (loaded <= 0) return loaded;
  if (s.pcs == NULL || slv_section_memory(file, s.pcs) == NULL || !add_regions(found, &s)) {
    return unusable(found, SLV_LOSS_NO_PC_TABLE);
  }
  slv_found_source(found, SLV_SOURCE_SANCOV, found->known ? 0 : identity(file, s.pcs));
  return 1;
}

// The table in link-time addresses. Context: thread
static void make(struct slv_kept *to, const struct slv_file *file, const struct slv_found *found) {
  const Elf64_Shdr *pcs = slv_section(file, "__sancov_pcs");
  const struct slv_sancov_block *entries = pcs != NULL ? slv_section_memory(file, pcs) : NULL;
  struct slv_sancov_block part[64];
  (void)found;
  if (entries == NULL) return;
  slv_keep_section(to, SLV_SANCOV_SECTION);
  size_t count = pcs->sh_size / sizeof *entries, used = 0;
  for (size_t i = 0; i < count; i++) {
    part[used++] = (struct slv_sancov_block){link_time(file, entries[i].address), entries[i].flags};
    if (used == 64 || i + 1 == count) {
      slv_keep_bytes(to, part, used * sizeof *part);
      used = 0;
    }
  }
}

struct callback { // who stands behind a name
  uint32_t hash;
  int foreign;
};

// Context: thread
static int look_for_callback(struct dl_phdr_info *info, size_t size, void *state) {
  struct callback *c = state;
  struct slv_symbols symbols = {.base = 0};
  (void)size;
  if (info->dlpi_addr == (uintptr_t)slv_image || !slv_symbols_of(info, &symbols)) return 0;
  c->foreign = slv_symbols_find(&symbols, SLV_GUARD_CALLBACK, c->hash, STT_FUNC) != NULL;
  return c->foreign;
}

// Whether any object exports the guards' callback but us. Context: thread
static int callback_is_foreign(void) {
  struct callback c = {.hash = slv_symbols_hash(SLV_GUARD_CALLBACK)};
  dl_iterate_phdr(look_for_callback, &c);
  return c.foreign;
}

// Whether a name is in the object's dynamic symbols, defined or not. Context: thread
static int names(const struct dl_phdr_info *info, const char *name) {
  struct slv_symbols symbols = {.base = 0};
  size_t size = 0, length = slv_length(name) + 1;
  if (!slv_symbols_of(info, &symbols)) return 0;
  if (slv_symbols_find(&symbols, name, slv_symbols_hash(name), STT_FUNC) != NULL) return 1;
  for (const ElfW(Dyn) *d = symbols.dynamic; d->d_tag != DT_NULL; d++)
    if (d->d_tag == DT_STRSZ) size = d->d_un.d_val;
  const char *text = symbols.names;
  for (size_t at = 0; text != NULL && at + length <= size; at++)
    if (text[at] == name[0] && slv_equal(text + at, name, length)) return 1;
  return 0;
}

// Guards that come to another's callback hold what he put there; an object that does not ask for one
// from outside has ours in it. libFuzzer's programs ask for this weak
// name, however they were linked (clang 14 to 21). Context: thread
static int admit(const struct dl_phdr_info *info, const struct slv_found *found, uint32_t *loss) {
  const struct slv_region *list = found->table != NULL ? found->table : found->region;
  for (uint32_t i = 0; i < found->regions; i++) {
    if (list[i].kind != SLV_REGION_FLAG32 || !names(info, SLV_GUARD_CALLBACK) ||
        !callback_is_foreign())
      continue;
    *loss = SLV_LOSS_FOREIGN_GUARDS;
    return 0;
  }
  // Source-based counters beside them are not cleared, and tell more.
  if (!(found->sources & 1u << SLV_SOURCE_LLVM) && names(info, "LLVMFuzzerCustomMutator"))
    *loss = SLV_LOSS_CLEARED;
  return 1;
}

extern const struct slv_source_ops slv_source_sancov;
const struct slv_source_ops slv_source_sancov = {
    .source = SLV_SOURCE_SANCOV,
    .find = find,
    .keep = kept,
    .make = make,
    .admit = admit,
    .traces = "__sancov_cntrs\0__sancov_bools\0__sancov_guards\0"};
