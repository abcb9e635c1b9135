// The file of an object: its key, its section headers, and what the sources find in it.
#include "objects.h"
#include "recording.h"

SLV_HOT const char *slv_executed;
SLV_HOT int slv_by_loader;

// Context: any
const Elf64_Shdr *slv_section(const struct slv_file *file, const char *name) {
  for (int i = 1; i < file->count; i++) {
    const Elf64_Shdr *s = &file->sections[i];
    if (s->sh_name < file->names_size && slv_same(file->names + s->sh_name, name)) return s;
  }
  return NULL;
}

// True when [address, address + size) lies in one segment with these permissions. Everything that a
// file or the index says about addresses is asked this before it is used. Context: any
int slv_in_segment(const struct dl_phdr_info *info, uint64_t address, uint64_t size,
                   uint32_t flags) {
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *p = &info->dlpi_phdr[i];
    if (p->p_type == PT_LOAD && (p->p_flags & flags) == flags && address >= p->p_vaddr &&
        size <= p->p_memsz && address - p->p_vaddr <= p->p_memsz - size)
      return 1;
  }
  return 0;
}

// Reads the section headers and their names into `buffer`. Context: thread
static int read_sections(struct slv_file *file, char *buffer, size_t size) {
  const Elf64_Ehdr *h = &file->header;
  size_t table = (size_t)h->e_shnum * sizeof(Elf64_Shdr);
  if (h->e_shentsize != sizeof(Elf64_Shdr) || h->e_shnum == 0 || h->e_shstrndx >= h->e_shnum ||
      table + 1 >= size ||
      slv_sys_pread(file->descriptor, buffer, table, h->e_shoff) != (slv_word)table)
    return 0;
  file->sections = (const Elf64_Shdr *)(const void *)buffer;
  file->count = h->e_shnum;
  const Elf64_Shdr *names = &file->sections[h->e_shstrndx];
  if (names->sh_size >= size - table) return 0;
  slv_word got = slv_sys_pread(file->descriptor, buffer + table, names->sh_size, names->sh_offset);
  if (got != (slv_word)names->sh_size) return 0;
  buffer[table + names->sh_size] = 0;
  file->names = buffer + table;
  file->names_size = names->sh_size;
  return 1;
}

#define SECTIONS_MAX (2u << 20) // 65,535 sections, the most that fit e_shnum, are 4 MiB: rare

static const char self[] = "/proc/self/exe";

// The file of an object. Where /proc is not mounted, the name that exec was given; and the name that the
// loader was given, where it was run as a program and /proc/self/exe is the loader. Asked for only where it
// is needed: each first look into /proc/self costs a process as much as opening the ledger.
// Context: thread
static const char *file_of(const struct dl_phdr_info *info) {
  if (info->dlpi_name[0] != 0) return info->dlpi_name;
  if (slv_executed == NULL) return self;
  return slv_by_loader || slv_sys_faccessat(AT_FDCWD, self, F_OK) == -ENOENT ? slv_executed : self;
}

const struct slv_source_ops *const slv_sources[SLV_SOURCE_COUNT] = {
    &slv_source_llvm, &slv_source_gcov, &slv_source_sancov};

// Asks every source, or those that the index names; of those whose regions are listed only the ones that
// have something to do in each life. 0 when one could not read the file. Context: thread
static int ask(const struct slv_file *file, struct slv_found *found) {
  uint32_t wanted = found->known ? found->sources : UINT32_MAX;
  if (!found->listed) found->sources = found->regions = 0;
  for (size_t i = 0; i < SLV_SOURCE_COUNT; i++) {
    const struct slv_source_ops *source = slv_sources[i];
    if (!(wanted & 1u << source->source) || (found->listed && !source->each_life)) continue;
    int got = source->find(file, found);
    if (got < 0) return 0;
    if (got == 0 && found->listed) found->regions = 0; // it has none here: nothing is kept
  }
  return 1;
}

// Context: thread
static void keep_object(const struct slv_file *file, const struct slv_found *found,
                        const char *path) {
  char link[SLV_PATH_MAX];
  slv_word n = slv_sys_readlinkat(AT_FDCWD, path, link, sizeof link - 1);
  link[n > 0 ? n : 0] = 0;
  slv_keep_object(file, found, n > 0 && link[0] == '/' ? link : path);
}

// The program that runs can't be written to (ETXTBSY), and /proc leads to the very file, unless the
// loader was started by its own name: then that has other program headers. Context: thread
static void map_image(struct slv_file *file, const char *path) {
  const struct dl_phdr_info *info = file->info;
  struct stat st;
  if (path != self || slv_sys_fstat(file->descriptor, &st) != 0 || st.st_size <= 0) return;
  size_t bytes = (size_t)st.st_size, table = info->dlpi_phnum * sizeof *info->dlpi_phdr;
  char *at = slv_sys_mmap(NULL, bytes, PROT_READ, MAP_PRIVATE, file->descriptor, 0);
  if (slv_failed(at)) return;
  file->image = at;
  file->image_bytes = bytes;
  if (file->header.e_phnum == info->dlpi_phnum && file->header.e_phoff <= bytes &&
      table <= bytes - file->header.e_phoff &&
      slv_equal(at + file->header.e_phoff, info->dlpi_phdr, table))
    return;
  slv_sys_munmap(at, bytes);
  file->image = NULL;
}

// Context: thread
const void *slv_section_contents(const struct slv_file *file, const Elf64_Shdr *section) {
  if (file->image == NULL) return slv_section_memory(file, section);
  int fits = section->sh_type != SHT_NOBITS && section->sh_offset <= file->image_bytes &&
             section->sh_size <= file->image_bytes - section->sh_offset;
  return fits ? file->image + section->sh_offset : NULL;
}

// Asks every source about the object, and keeps what a report needs. 0 when the file could not be read,
// for a reason that may not hold for the next life (no descriptor left). Context: thread
int slv_object_inspect(const struct dl_phdr_info *info, struct slv_found *found,
                       enum slv_when when) {
  struct slv_file file = {
      .bias = info->dlpi_addr, .info = info, .running = when == SLV_RUNNING, .descriptor = -1};
  if (found->listed || (found->known && found->sources == 1u << SLV_SOURCE_GCOV))
    return ask(&file, found);
  const char *path = file_of(info);
  int looked = 0;
  file.descriptor = slv_sys_open(path, O_RDONLY, 0);
  if (file.descriptor < 0) return 0;
  char *buffer = slv_sys_mmap(NULL, SECTIONS_MAX, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (!slv_failed(buffer)) {
    int readable = slv_sys_pread(file.descriptor, &file.header, sizeof file.header, 0) ==
                       (slv_word)sizeof file.header &&
                   slv_equal(file.header.e_ident, ELFMAG, SELFMAG) &&
                   read_sections(&file, buffer, SECTIONS_MAX);
    if (readable) map_image(&file, path);
    looked = readable && ask(&file, found);
    if (looked && !found->known && found->regions != 0) keep_object(&file, found, path);
    if (file.image != NULL) slv_sys_munmap((void *)(uintptr_t)file.image, file.image_bytes);
    slv_sys_munmap(buffer, SECTIONS_MAX);
  }
  slv_sys_close(file.descriptor);
  return looked;
}

// The note that the linker derived from the contents, in memory. Context: thread
static const char *build_id(const struct dl_phdr_info *info, size_t *size) {
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *p = &info->dlpi_phdr[i];
    if (p->p_type != PT_NOTE || !slv_in_segment(info, p->p_vaddr, p->p_memsz, PF_R)) continue;
    const char *at = (const char *)(info->dlpi_addr + p->p_vaddr), *end = at + p->p_memsz;
    while (at + sizeof(ElfW(Nhdr)) <= end) {
      const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)(const void *)at;
      const char *name = at + sizeof *note;
      const char *value = name + ((note->n_namesz + 3u) & ~3u);
      if (value > end || note->n_descsz > (size_t)(end - value)) break;
      if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 && slv_equal(name, "GNU", 4)) {
        *size = note->n_descsz;
        return value;
      }
      at = value + ((note->n_descsz + 3u) & ~3u);
    }
  }
  return NULL;
}

// A key of the loaded file, 0 when there is none. Context: thread
uint64_t slv_object_key(const struct dl_phdr_info *info) {
  size_t size;
  const char *id = build_id(info, &size);
  if (id != NULL) {
    uint64_t h = slv_hash(1, id, size);
    return slv_hash(h, info->dlpi_phdr, info->dlpi_phnum * sizeof *info->dlpi_phdr) | 1;
  }
  struct stat st;
  if (slv_sys_fstatat(AT_FDCWD, file_of(info), &st, 0) != 0) return 0;
  uint64_t words[] = {(uint64_t)st.st_dev,          (uint64_t)st.st_ino,
                      (uint64_t)st.st_size,         (uint64_t)st.st_mtim.tv_sec,
                      (uint64_t)st.st_mtim.tv_nsec, (uint64_t)st.st_ctim.tv_sec,
                      (uint64_t)st.st_ctim.tv_nsec};
  return slv_hash(2, words, sizeof words) | 1;
}

// Context: thread
const void *slv_section_memory(const struct slv_file *file, const Elf64_Shdr *section) {
  if (!slv_in_segment(file->info, section->sh_addr, section->sh_size, PF_R)) return NULL;
  return (const void *)(file->bias + section->sh_addr);
}
