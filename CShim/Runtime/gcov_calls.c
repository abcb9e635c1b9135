// Whether an object calls __gcov_reset, by which a program has libgcov forget what it has counted. With
// nothing registered the call does nothing, and nobody sees it: libgcov is part of each object, and a
// program's own calls pass no hook. So its file is asked, once for each recording. gcc's own wrappers of
// exec call it too, when an exec failed: they are passed over. A stripped program does not tell; a stripped
// library does, unless it could be its wrapper's call.
#include "recording.h"
#include "source.h"

static const char reset[] = "__gcov_reset";

#define SECTION_MAX (256ull << 20)

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

#define WRAPPERS 8 // execl, execle, execlp, execv, execve, execvp

// What a symbol table says.
struct table {
  size_t number;  // of the symbol; 0: it has none of the name
  uint64_t value; // 0: it is another object's
  int execs;      // the object asks others for a function of the exec family
  int wrappers;
  struct slv_run wrapper[WRAPPERS];
};

// Context: any
static void look_at(struct table *t, const Elf64_Sym *symbol, const char *name, size_t number) {
  if (slv_same(name, reset)) {
    t->number = number;
    t->value = symbol->st_shndx == SHN_UNDEF ? 0 : symbol->st_value;
  }
  if (symbol->st_shndx == SHN_UNDEF) t->execs |= slv_starts(name, "exec");
  else if (slv_starts(name, "__gcov_exec") && t->wrappers < WRAPPERS)
    t->wrapper[t->wrappers++] =
        (struct slv_run){symbol->st_value, symbol->st_value + symbol->st_size};
}

// Context: thread
static void read_table(const struct slv_file *file, const Elf64_Shdr *section, struct table *t) {
  if (section->sh_link >= (uint32_t)file->count) return;
  struct contents names = copy(file, &file->sections[section->sh_link]);
  struct contents table = copy(file, section);
  int whole = names.size > 0 && names.bytes[names.size - 1] == 0;
  for (size_t i = 1; whole && i < table.size / sizeof(Elf64_Sym); i++) {
    Elf64_Sym symbol;
    __builtin_memcpy(&symbol, table.bytes + i * sizeof symbol, sizeof symbol);
    if (symbol.st_name < names.size) look_at(t, &symbol, names.bytes + symbol.st_name, i);
  }
  drop(names);
  drop(table);
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

// Whether an instruction before `at` + 4 leads to `target`: a call, a jump, or its address being taken.
// Context: any
static int leads(const unsigned char *at, uintptr_t target, uintptr_t linked) {
#if defined(__x86_64__)
  int32_t offset;
  __builtin_memcpy(&offset, at, 4);
  int relative = at[-1] == 0xe8 || at[-1] == 0xe9 || (at[-1] & 0xc7) == 0x05;
  int absolute = (at[-1] & 0xf8) == 0xb8; // mov $address, of a program at a fixed place
  return (relative && (uintptr_t)at + 4 + (uintptr_t)(intptr_t)offset == target) ||
         (absolute && (uint32_t)offset == linked);
#elif defined(__aarch64__)
  uint32_t word;
  __builtin_memcpy(&word, at, 4);
  intptr_t offset = (intptr_t)((uint64_t)word << 38) >> 36;
  (void)linked;
  return (word & 0x7c000000) == 0x14000000 && (uintptr_t)at + (uintptr_t)offset == target;
#endif
}

// Context: any
static int is_wrapper(const struct table *t, uint64_t address) {
  for (int i = 0; i < t->wrappers; i++)
    if (address >= t->wrapper[i].low && address < t->wrapper[i].high) return 1;
  return 0;
}

// Whether the object's code leads to a function of it. Context: thread
static int is_called(const struct slv_file *file, const struct table *t) {
#if defined(__x86_64__)
  enum { STEP = 1 };
#else
  enum { STEP = 4 };
#endif
  for (int i = 0; i < file->info->dlpi_phnum; i++) {
    const ElfW(Phdr) *p = &file->info->dlpi_phdr[i];
    if (p->p_type != PT_LOAD || (p->p_flags & (PF_R | PF_X)) != (PF_R | PF_X)) continue;
    const unsigned char *at = (const unsigned char *)(file->bias + p->p_vaddr);
    uintptr_t target = file->bias + t->value, linked = file->bias == 0 ? t->value : UINTPTR_MAX;
    for (size_t n = STEP; n + 4 <= p->p_memsz; n += STEP)
      if (leads(at + n, target, linked) && !is_wrapper(t, p->p_vaddr + n)) return 1;
  }
  return 0;
}

// Context: thread
int slv_gcov_resets(const struct slv_file *file) {
  for (int s = 1; s < file->count; s++) {
    const Elf64_Shdr *section = &file->sections[s];
    struct table t = {.number = 0};
    if (section->sh_type != SHT_SYMTAB && section->sh_type != SHT_DYNSYM) continue;
    read_table(file, section, &t);
    if (t.number == 0) continue;
    if (section->sh_type == SHT_DYNSYM && !t.execs && is_bound(file, t.number, (uint32_t)s))
      return 1;
    // Of a stripped object nobody knows where the wrappers are.
    if (t.value != 0 && (section->sh_type == SHT_SYMTAB || !t.execs) && is_called(file, &t))
      return 1;
  }
  return 0;
}
