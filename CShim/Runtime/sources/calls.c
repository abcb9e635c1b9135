// What an object asks of the compilers' runtimes about its own counters: that they be forgotten, written or
// handed out. Those runtimes are part of each object, and a program's own calls of them pass no hook. So its
// file is asked, once for each recording: symbols say where the functions are, and its code is searched for
// calls of them. The runtimes' own calls are passed over: gcc's wrappers of exec call __gcov_reset when an
// exec failed. A stripped program does not tell; a library does of functions that it exports.
#include "base/facts.h"
#include "sources/source.h"

#include SLV_PROCESSOR_FILE(sources, calls.h)

#define SECTION_MAX (256ull << 20)

#define NAMES 12
static const struct {
  char name[40];
  uint32_t use; // enum slv_use
} known[NAMES] = {
    {"__gcov_reset", SLV_USE_GCOV_RESETS},
    {"__gcov_info_to_gcda", SLV_USE_READS},
    {"__llvm_profile_reset_counters", SLV_USE_RESETS},
    {"__llvm_profile_merge_from_buffer", SLV_USE_RESETS},
    // Who knows where they are may set them.
    {"__llvm_profile_begin_counters", SLV_USE_RESETS},
    {"__llvm_profile_begin_bitmap", SLV_USE_RESETS},
    {"__llvm_profile_write_file", SLV_USE_READS},
    {"__llvm_profile_dump", SLV_USE_READS},
    {"__llvm_profile_write_buffer", SLV_USE_READS},
    {"__llvm_profile_set_filename", SLV_USE_READS},
    {"__llvm_profile_set_file_object", SLV_USE_READS},
    {"__llvm_profile_end_counters", SLV_USE_RESETS},
};

struct contents {
  const char *bytes;
  size_t size;
};

// A copy of a section of the file. Context: thread
static struct contents copy(const struct slv_file *file, const Elf64_Shdr *section) {
  struct contents none = {NULL, 0};
  size_t size = section->sh_size;
  if (section->sh_type == SHT_NOBITS || size == 0 || size > SECTION_MAX) return none;
  char *at = slv_sys_mmap(NULL, size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (slv_failed(at)) return none;
  if (slv_sys_pread(file->descriptor, at, size, section->sh_offset) == (slv_word)size)
    return (struct contents){at, size};
  slv_sys_munmap(at, size);
  return none;
}

// Context: thread
static void drop(struct contents c) {
  if (c.bytes != NULL) slv_sys_munmap((void *)(uintptr_t)c.bytes, c.size);
}

// A place in the code that leads to a function; more than fit are not looked at: the runtimes' own are
// some forty.
#define PLACES 256
struct place {
  uint64_t address;
  uint32_t use;
  int is_runtime;
};

// What a symbol table says.
struct table {
  struct contents symbols, names;
  size_t number[NAMES];  // of the symbol; 0: it has none of the name
  uint64_t value[NAMES]; // 0: it is another object's
  int execs;             // the object asks others for a function of the exec family
  uint64_t low, high;    // of all values
  int places;
  struct place place[PLACES];
};

// Symbol `i` and its name; 0 when it has none. Context: any
static const char *symbol_at(const struct table *t, size_t i, Elf64_Sym *symbol) {
  __builtin_memcpy(symbol, t->symbols.bytes + i * sizeof *symbol, sizeof *symbol);
  return symbol->st_name < t->names.size ? t->names.bytes + symbol->st_name : NULL;
}

// Context: any
static void look_at(struct table *t, const Elf64_Sym *symbol, const char *name, size_t number) {
  int undefined = symbol->st_shndx == SHN_UNDEF;
  if (undefined) t->execs |= slv_starts(name, "exec");
  if (name[0] != '_' || name[1] != '_') return;
  for (int n = 0; n < NAMES; n++) {
    if (!slv_same(name, known[n].name)) continue;
    t->number[n] = number;
    t->value[n] = undefined ? 0 : symbol->st_value;
    if (t->value[n] == 0) continue;
    if (t->low == 0 || t->value[n] < t->low) t->low = t->value[n];
    if (t->value[n] > t->high) t->high = t->value[n];
  }
}

// Context: thread
static void read_table(const struct slv_file *file, const Elf64_Shdr *section, struct table *t) {
  if (section->sh_link >= (uint32_t)file->count) return;
  t->names = copy(file, &file->sections[section->sh_link]);
  t->symbols = copy(file, section);
  if (t->names.size == 0 || t->names.bytes[t->names.size - 1] != 0) return;
  for (size_t i = 1; i < t->symbols.size / sizeof(Elf64_Sym); i++) {
    Elf64_Sym symbol;
    const char *name = symbol_at(t, i, &symbol);
    if (name != NULL) look_at(t, &symbol, name, i);
  }
}

// Whether the loader binds the symbol for the object: calls between libraries. Context: thread
static int is_bound(const struct slv_file *file, size_t symbol, uint32_t table) {
  int bound = 0;
  for (int s = 1; s < file->count && !bound; s++) {
    const Elf64_Shdr *section = &file->sections[s];
    if (section->sh_type != SHT_RELA || section->sh_link != table) continue;
    struct contents list = copy(file, section);
    for (size_t i = 0; i < list.size / sizeof(Elf64_Rela) && !bound; i++) {
      Elf64_Rela entry;
      __builtin_memcpy(&entry, list.bytes + i * sizeof entry, sizeof entry);
      bound = ELF64_R_SYM(entry.r_info) == symbol;
    }
    drop(list);
  }
  return bound;
}

// Context: any
static void note_place(struct table *t, uint64_t address, uint64_t leads_to) {
  for (int n = 0; n < NAMES; n++)
    if (t->value[n] == leads_to && t->places < PLACES)
      t->place[t->places++] = (struct place){.address = address, .use = known[n].use};
}

// Searches the object's code. Context: thread
static void find_places(const struct slv_file *file, struct table *t) {
  for (int i = 0; i < file->info->dlpi_phnum; i++) {
    const ElfW(Phdr) *p = &file->info->dlpi_phdr[i];
    if (p->p_type != PT_LOAD || (p->p_flags & (PF_R | PF_X)) != (PF_R | PF_X)) continue;
    const unsigned char *at = (const unsigned char *)(file->bias + p->p_vaddr);
    for (size_t n = SLV_CODE_STEP; n + 4 <= p->p_memsz; n += SLV_CODE_STEP) {
      uint64_t to = slv_leads_to(at + n, p->p_vaddr + n, file->bias == 0);
      if (to >= t->low && to <= t->high) note_place(t, p->p_vaddr + n, to);
    }
  }
}

// Whether a function of this name, in that file, is a runtime's. Context: any
static int is_runtime(const char *name, const char *file) {
  return slv_starts(name, "__llvm_") || slv_starts(name, "lprof") || slv_starts(name, "__gcov_") ||
         slv_starts(file, "InstrProfiling");
}

// Marks the places that lie in functions of a runtime: local symbols stand behind the name of their file.
// Context: any
static void mark_runtime(struct table *t) {
  const char *name, *file = "";
  for (size_t i = 1; i < t->symbols.size / sizeof(Elf64_Sym); i++) {
    Elf64_Sym symbol;
    if ((name = symbol_at(t, i, &symbol)) == NULL) continue;
    if (ELF64_ST_TYPE(symbol.st_info) == STT_FILE) file = name;
    if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC) continue;
    for (int n = 0; n < t->places; n++) {
      struct place *p = &t->place[n];
      if (p->address < symbol.st_value || p->address - symbol.st_value >= symbol.st_size) continue;
      p->is_runtime |= is_runtime(name, ELF64_ST_BIND(symbol.st_info) == STB_LOCAL ? file : "");
    }
  }
}

// Context: thread
static uint32_t ask_table(const struct slv_file *file, int s, struct table *t) {
  uint32_t uses = 0;
  int dynamic = file->sections[s].sh_type == SHT_DYNSYM;
  for (int n = 0; n < NAMES && dynamic && !t->execs; n++)
    if (t->number[n] != 0 && is_bound(file, t->number[n], (uint32_t)s)) uses |= known[n].use;
  // Of a stripped object that execs nobody knows where gcc's wrappers are.
  if (t->low == 0 || (dynamic && t->execs)) return uses;
  find_places(file, t);
  mark_runtime(t);
  for (int n = 0; n < t->places; n++)
    if (!t->place[n].is_runtime) uses |= t->place[n].use;
  return uses;
}

// Whether the loader runs functions of the object while it relocates it. Context: thread
static int has_resolvers(const struct slv_file *file) {
  int found = 0;
  for (int s = 1; s < file->count && !found; s++) {
    const Elf64_Shdr *section = &file->sections[s];
    int symbols = section->sh_type == SHT_DYNSYM;
    if (!symbols && (section->sh_type != SHT_RELA || !(section->sh_flags & SHF_ALLOC))) continue;
    struct contents c = copy(file, section);
    for (size_t at = 0; at + sizeof(Elf64_Rela) <= c.size && !found; at += sizeof(Elf64_Rela)) {
      Elf64_Rela entry; // as large as a symbol
      __builtin_memcpy(&entry, c.bytes + at, sizeof entry);
      const Elf64_Sym *symbol = (const Elf64_Sym *)(const void *)&entry;
      found = symbols
                  ? ELF64_ST_TYPE(symbol->st_info) == STT_GNU_IFUNC && symbol->st_shndx != SHN_UNDEF
                  : ELF64_R_TYPE(entry.r_info) == SLV_IRELATIVE;
    }
    drop(c);
  }
  return found;
}

// Context: thread
uint32_t slv_calls(const struct slv_file *file) {
  uint32_t uses = has_resolvers(file) ? SLV_USE_RESOLVES : 0;
  struct table *t =
      slv_sys_mmap(NULL, sizeof *t, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (slv_failed(t)) return uses;
  for (int s = 1; s < file->count; s++) {
    const Elf64_Shdr *section = &file->sections[s];
    if (section->sh_type != SHT_SYMTAB && section->sh_type != SHT_DYNSYM) continue;
    slv_zero(t, sizeof *t);
    read_table(file, section, t);
    uses |= ask_table(file, s, t);
    drop(t->names);
    drop(t->symbols);
  }
  slv_sys_munmap(t, sizeof *t);
  return uses;
}

// Context: any
static uint32_t count_inits(struct contents symbols, struct contents names) {
  uint32_t count = 0;
  if (names.size == 0 || names.bytes[names.size - 1] != 0) return 0;
  for (size_t i = 1; i < symbols.size / sizeof(Elf64_Sym); i++) {
    Elf64_Sym symbol;
    __builtin_memcpy(&symbol, symbols.bytes + i * sizeof symbol, sizeof symbol);
    count += ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_name < names.size &&
             slv_starts(names.bytes + symbol.st_name, "__llvm_gcov_init");
  }
  return count;
}

// Context: thread
uint32_t slv_clang_units(const struct slv_file *file) {
  uint32_t count = 0;
  if (slv_process.settings & SLV_SETTING_LEAVE_GCOV) return 0;
  for (int s = 1; s < file->count; s++) {
    const Elf64_Shdr *section = &file->sections[s];
    if (section->sh_type != SHT_SYMTAB || section->sh_link >= (uint32_t)file->count) continue;
    struct contents symbols = copy(file, section);
    struct contents names = copy(file, &file->sections[section->sh_link]);
    count += count_inits(symbols, names);
    drop(symbols);
    drop(names);
  }
  return count;
}
