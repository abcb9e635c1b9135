// <identity>.obj: the sections that a report needs, kept in the recording so that a deleted or
// rebuilt program does not take its coverage with it. An ELF file without segments or symbols, which
// llvm-cov reads as it is (measured, LLVM 21).
#include "recording.h"
#include "source.h"

#define KEEP 10                 // sections
#define KEEP_MAX (512ull << 20) // bytes of a section; a larger one stays in its program

struct output {
  int file, failed;
  uint64_t at;
};

// Context: thread
static void put(struct output *o, const void *bytes, size_t count) {
  slv_word n = o->failed ? 0 : slv_sys_pwrite(o->file, bytes, count, o->at);
  if (n != (slv_word)count) o->failed = 1;
  o->at += count;
}

// Context: thread
static void align(struct output *o) { o->at = (o->at + 7) & ~7ull; }

// Copies a section's bytes from the file on disk. Context: thread
static void copy_section(struct output *o, const struct slv_file *from, const Elf64_Shdr *section) {
  if (section->sh_size == 0) return; // __llvm_prf_bits of a program without MC/DC
  uint64_t page = slv_process.page, start = section->sh_offset / page * page;
  uint64_t lead = section->sh_offset - start;
  char *map =
      slv_sys_mmap(NULL, lead + section->sh_size, PROT_READ, MAP_PRIVATE, from->descriptor, start);
  if (slv_failed(map)) {
    o->failed = 1;
    return;
  }
  put(o, map + lead, section->sh_size); // write(2) meets a truncated file with EFAULT, not SIGBUS
  slv_sys_munmap(map, lead + section->sh_size);
}

struct name_table {
  char text[256];
  uint32_t used;
};

// Context: thread
static uint32_t add_name(struct name_table *names, const char *name) {
  uint32_t at = names->used;
  size_t length = slv_length(name) + 1;
  if (at + length > sizeof names->text) return 0;
  slv_copy(names->text + at, name, length);
  names->used += (uint32_t)length;
  return at;
}

// Writes the whole file. Context: thread
static void write_object(struct output *o, const struct slv_file *from, const char *const *keep,
                         const char *path) {
  Elf64_Shdr headers[KEEP + 3];
  struct name_table names = {.used = 1};
  int count = 1;
  slv_zero(headers, sizeof headers);
  o->at = sizeof(Elf64_Ehdr);
  for (; *keep != NULL && count <= KEEP; keep++) {
    const Elf64_Shdr *section = slv_section(from, *keep);
    if (section == NULL || section->sh_size > KEEP_MAX) continue;
    Elf64_Shdr *h = &headers[count++];
    *h = (Elf64_Shdr){.sh_name = add_name(&names, *keep),
                      .sh_type = section->sh_type,
                      .sh_flags = section->sh_flags,
                      .sh_addr = section->sh_addr,
                      .sh_offset = (align(o), o->at),
                      .sh_size = section->sh_size,
                      .sh_addralign = 8};
    if (h->sh_type == SHT_NOBITS) continue;
    h->sh_type = SHT_PROGBITS;
    copy_section(o, from, section);
  }
  size_t length = slv_length(path) + 1;
  headers[count++] = (Elf64_Shdr){.sh_name = add_name(&names, SLV_ORIGIN_SECTION),
                                  .sh_type = SHT_PROGBITS,
                                  .sh_offset = o->at,
                                  .sh_size = length,
                                  .sh_addralign = 1};
  put(o, path, length);
  uint32_t own = add_name(&names, ".shstrtab");
  headers[count] = (Elf64_Shdr){.sh_name = own,
                                .sh_type = SHT_STRTAB,
                                .sh_offset = o->at,
                                .sh_size = names.used,
                                .sh_addralign = 1};
  put(o, names.text, names.used);
  align(o);
  Elf64_Ehdr header = from->header;
  header.e_type = ET_REL; // nobody shall try to run it
  header.e_entry = header.e_phoff = 0;
  header.e_phentsize = header.e_phnum = 0;
  header.e_shoff = o->at;
  header.e_shnum = (Elf64_Half)(count + 1);
  header.e_shstrndx = (Elf64_Half)count;
  put(o, headers, (size_t)(count + 1) * sizeof headers[0]);
  o->at = 0;
  put(o, &header, sizeof header);
}

// Context: thread
void slv_keep_object(const struct slv_file *from, const struct slv_found *found,
                     const char *const *keep, const char *path) {
  char name[sizeof slv_process.home + 40], made[sizeof slv_process.home + 48];
  char *end = slv_text(name, name + sizeof name, slv_process.home);
  *end++ = '/';
  slv_text(slv_hex(end, found->identity, 16), name + sizeof name, ".obj");
  if (slv_sys_faccessat(AT_FDCWD, name, F_OK) == 0) return;
  end = slv_text(made, made + sizeof made, slv_process.home);
  end = slv_text(end, made + sizeof made, "/.obj-");
  *slv_hex(end, slv_process.cell->life, 16) = 0;
  uint64_t total = 1 << 16;
  for (const char *const *k = keep; *k != NULL; k++) {
    const Elf64_Shdr *s = slv_section(from, *k);
    if (s != NULL) total += s->sh_size;
  }
  struct rlimit limit; // a write past it is SIGXFSZ; the report names what it lacks
  if (slv_sys_getrlimit(RLIMIT_FSIZE, &limit) == 0 && total > limit.rlim_cur) return;
  struct output o = {.file = slv_sys_open(made, O_RDWR | O_CREAT | O_EXCL, 0600)};
  if (o.file < 0) return;
  write_object(&o, from, keep, path);
  slv_sys_close(o.file);
  if (o.failed || slv_sys_renameat(AT_FDCWD, made, AT_FDCWD, name) != 0)
    slv_sys_unlinkat(AT_FDCWD, made, 0);
}
