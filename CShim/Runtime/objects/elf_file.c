// The file of an object: its key, its section headers, their contents.
#include "objects/elf_file.h"

#include "base/hash.h"
#include "base/next.h"
#include "process/process.h"

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

#define SECTIONS_MAX (8u << 20) // 65,535 sections, the most that fit e_shnum, are 4 MiB: rare

// Reads the section headers and their names, for which it maps as much as they
// need: the process may be near its limit (RLIMIT_DATA, RLIMIT_AS). What is
// wrong, or SLV_LOSS_NONE. Context: thread
static enum slv_loss read_sections(struct slv_file *file) {
  const Elf64_Ehdr *h = &file->header;
  Elf64_Shdr names;
  if (slv_sys_pread(file->descriptor, &file->header, sizeof *h, 0) != (slv_word)sizeof *h ||
      !slv_equal(h->e_ident, ELFMAG, SELFMAG))
    return SLV_LOSS_UNREADABLE;
  if (h->e_shoff == 0) return SLV_LOSS_NO_SECTIONS;
  size_t table = (size_t)h->e_shnum * sizeof(Elf64_Shdr);
  uint64_t at = h->e_shoff + (uint64_t)h->e_shstrndx * sizeof names;
  if (h->e_shentsize != sizeof names || h->e_shnum == 0 || h->e_shstrndx >= h->e_shnum ||
      slv_sys_pread(file->descriptor, &names, sizeof names, at) != (slv_word)sizeof names ||
      names.sh_size > SECTIONS_MAX - table)
    return SLV_LOSS_NO_SECTIONS;
  file->buffer_bytes = table + names.sh_size + 1;
  char *buffer = slv_sys_mmap(NULL, file->buffer_bytes, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (slv_failed(buffer)) return SLV_LOSS_UNREADABLE;
  file->buffer = buffer;
  if (slv_sys_pread(file->descriptor, buffer, table, h->e_shoff) != (slv_word)table ||
      slv_sys_pread(file->descriptor, buffer + table, names.sh_size, names.sh_offset) !=
          (slv_word)names.sh_size)
    return SLV_LOSS_NO_SECTIONS;
  file->sections = (const Elf64_Shdr *)(const void *)buffer;
  file->count = h->e_shnum;
  file->names = buffer + table;
  file->names_size = names.sh_size;
  return SLV_LOSS_NONE;
}

static const char self[] = "/proc/self/exe";

// The file of an object. Where /proc is not mounted, the name that exec was given; and the name that the
// loader was given, where it was run as a program and /proc/self/exe is the loader. Asked for only where it
// is needed: each first look into /proc/self costs a process as much as opening the ledger.
// Context: thread
const char *slv_object_path(const struct dl_phdr_info *info) {
  if (info->dlpi_name[0] != 0) return info->dlpi_name;
  if (slv_executed == NULL) return self;
  return slv_by_loader || slv_sys_faccessat(AT_FDCWD, self, F_OK) == -ENOENT ? slv_executed : self;
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
enum slv_loss slv_object_file_open(struct slv_file *file, const char *path, int *error) {
  enum slv_loss wrong = SLV_LOSS_UNREADABLE;
  file->descriptor = slv_sys_open(path, O_RDONLY, 0);
  *error = file->descriptor < 0 ? -file->descriptor : ENOMEM;
  if (file->descriptor >= 0) wrong = read_sections(file);
  if (wrong == SLV_LOSS_NONE) map_image(file, path);
  else slv_copy(&file->header, slv_image, sizeof file->header); // ours: of the same machine
  return wrong;
}

// Context: thread
void slv_object_file_close(struct slv_file *file) {
  if (file->image != NULL) slv_sys_munmap((void *)(uintptr_t)file->image, file->image_bytes);
  if (file->buffer != NULL) slv_sys_munmap(file->buffer, file->buffer_bytes);
  if (file->descriptor >= 0) slv_sys_close(file->descriptor);
}

// Context: thread
const void *slv_section_contents(const struct slv_file *file, const Elf64_Shdr *section) {
  if (file->image == NULL) return slv_section_memory(file, section);
  int fits = section->sh_type != SHT_NOBITS && section->sh_offset <= file->image_bytes &&
             section->sh_size <= file->image_bytes - section->sh_offset;
  return fits ? file->image + section->sh_offset : NULL;
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

// Context: thread
uint64_t slv_object_image(const struct dl_phdr_info *info, int *has_id) {
  size_t size;
  const char *id = build_id(info, &size);
  uint64_t h = id != NULL ? slv_hash(1, id, size) : 3;
  *has_id = id != NULL;
  return slv_hash(h, info->dlpi_phdr, info->dlpi_phnum * sizeof *info->dlpi_phdr) | 1;
}

// Context: thread
uint64_t slv_object_key(const struct dl_phdr_info *info) {
  struct stat st;
  if (slv_sys_fstatat(AT_FDCWD, slv_object_path(info), &st, 0) != 0) return 0;
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

#define COMPARED 65536u // bytes of a section

// Context: thread
static int is_loaded(const struct slv_file *file, const void *memory, uint64_t size,
                     uint64_t offset) {
  char chunk[2048];
  for (uint64_t at = 0; at < size; at += sizeof chunk) {
    uint64_t bytes = size - at < sizeof chunk ? size - at : sizeof chunk;
    slv_word got = slv_sys_pread(file->descriptor, chunk, bytes, offset + at);
    if (got < 0) return -1;
    if (got != (slv_word)bytes || !slv_equal(chunk, (const char *)memory + at, bytes)) return 0;
  }
  return 1;
}

// Context: thread
int slv_file_is_loaded(const struct slv_file *file, const char *names) {
  const struct dl_phdr_info *info = file->info;
  if (file->header.e_phnum != info->dlpi_phnum) return 0;
  int same =
      is_loaded(file, info->dlpi_phdr, info->dlpi_phnum * sizeof(ElfW(Phdr)), file->header.e_phoff);
  for (const char *name = names; *name != 0 && same > 0; name += slv_length(name) + 1) {
    const Elf64_Shdr *section = slv_section(file, name);
    const void *memory = section != NULL ? slv_section_memory(file, section) : NULL;
    if (memory == NULL) continue;
    uint64_t size = section->sh_size < COMPARED ? section->sh_size : COMPARED;
    same = is_loaded(file, memory, size, section->sh_offset);
  }
  return same;
}
