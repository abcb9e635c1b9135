// <identity>.obj: the sections that a report needs, kept in the recording so that a deleted or
// rebuilt program does not take its coverage with it. An ELF file without segments or symbols, which
// llvm-cov reads as it is (measured, LLVM 21).
#include "objects/kept_file.h"

#include "base/file.h"

#define KEEP 40                 // sections
#define KEEP_MAX (512ull << 20) // bytes of a section; a larger one stays in its program

struct slv_kept {
  int file, failed;
  uint64_t at; // where the next byte goes
  size_t used; // bytes before `at` that are in `buffer` only
  int count;   // of section headers; the first is none
  uint32_t names_used;
  char names[1024];
  Elf64_Shdr headers[KEEP];
  char buffer[32768];
};

// Context: thread
static void write_at(struct slv_kept *k, const void *bytes, size_t count, uint64_t at) {
  // A write past the limit is SIGXFSZ; the report names what it lacks.
  if (!slv_file_may_grow(at + count)) k->failed = 1;
  slv_word n = k->failed ? 0 : slv_sys_pwrite(k->file, bytes, count, at);
  if (n != (slv_word)count) k->failed = 1;
}

// Context: thread
static void flush(struct slv_kept *k) {
  if (k->used != 0) write_at(k, k->buffer, k->used, k->at - k->used);
  k->used = 0;
}

// Room in the buffer, for `count` bytes if it has so many. Context: thread
static size_t room(struct slv_kept *k, size_t count) {
  if (k->used == sizeof k->buffer) flush(k);
  return count < sizeof k->buffer - k->used ? count : sizeof k->buffer - k->used;
}

// Context: thread
static void put(struct slv_kept *k, const void *bytes, size_t count) {
  for (const char *from = bytes; count > 0;) {
    size_t step = room(k, count);
    slv_copy(k->buffer + k->used, from, step);
    k->used += step;
    k->at += step;
    from += step;
    count -= step;
  }
}

// Context: thread
static void align(struct slv_kept *k) {
  flush(k);
  k->at = (k->at + 7) & ~7ull;
}

// Copies a section's bytes from the file on disk. Context: thread
static void copy_section(struct slv_kept *k, const struct slv_file *from,
                         const Elf64_Shdr *section) {
  if (section->sh_size == 0) return; // __llvm_prf_bits of a program without MC/DC
  uint64_t page = slv_process.page, start = section->sh_offset / page * page;
  uint64_t lead = section->sh_offset - start;
  char *map =
      slv_sys_mmap(NULL, lead + section->sh_size, PROT_READ, MAP_PRIVATE, from->descriptor, start);
  if (slv_failed(map)) {
    k->failed = 1;
    return;
  }
  flush(k);
  write_at(k, map + lead, section->sh_size, k->at); // a truncated file is EFAULT there, not SIGBUS
  k->at += section->sh_size;
  slv_sys_munmap(map, lead + section->sh_size);
}

// Begins a section; NULL when there are too many. Context: thread
static Elf64_Shdr *begin(struct slv_kept *k, const char *name, uint32_t type) {
  size_t length = slv_length(name) + 1;
  if (k->count == KEEP || k->names_used + length > sizeof k->names) {
    k->failed = 1;
    return NULL;
  }
  align(k);
  Elf64_Shdr *h = &k->headers[k->count++];
  *h = (Elf64_Shdr){
      .sh_name = k->names_used, .sh_type = type, .sh_offset = k->at, .sh_addralign = 8};
  slv_copy(k->names + k->names_used, name, length);
  k->names_used += (uint32_t)length;
  return h;
}

// Context: thread
void slv_keep_section(struct slv_kept *k, const char *name) { begin(k, name, SHT_PROGBITS); }

// Context: thread
void slv_keep_bytes(struct slv_kept *k, const void *bytes, size_t count) {
  k->headers[k->count - 1].sh_size += count;
  put(k, bytes, count);
}

// Context: thread
void slv_keep_file(struct slv_kept *k, int file, size_t count) {
  k->headers[k->count - 1].sh_size += count;
  for (uint64_t from = 0; count > 0;) {
    size_t step = room(k, count);
    if (slv_sys_pread(file, k->buffer + k->used, step, from) != (slv_word)step) k->failed = 1;
    k->used += step;
    k->at += step;
    from += step;
    count -= step;
  }
}

// Two sources may want the same. Context: thread
static int has(const struct slv_kept *k, const char *name) {
  for (int i = 1; i < k->count; i++)
    if (slv_same(k->names + k->headers[i].sh_name, name)) return 1;
  return 0;
}

// Context: thread
void slv_keep_sections(struct slv_kept *k, const struct slv_file *from, const char *keep) {
  for (; *keep != 0; keep += slv_length(keep) + 1) {
    const Elf64_Shdr *section = slv_section(from, keep);
    if (section == NULL || section->sh_size > KEEP_MAX || has(k, keep)) continue;
    int empty = section->sh_type == SHT_NOBITS;
    Elf64_Shdr *h = begin(k, keep, empty ? SHT_NOBITS : SHT_PROGBITS);
    if (h == NULL) return;
    h->sh_flags = section->sh_flags;
    h->sh_addr = section->sh_addr;
    h->sh_size = section->sh_size;
    if (!empty) copy_section(k, from, section);
  }
}

// Writes the whole file. Context: thread
static void write_object(struct slv_kept *k, const struct slv_file *from,
                         const struct slv_found *found, const char *path, slv_kept_filler *fill) {
  k->at = sizeof(Elf64_Ehdr);
  k->count = 1;
  k->names_used = 1;
  fill(k, from, found);
  slv_keep_section(k, SLV_ORIGIN_SECTION);
  slv_keep_bytes(k, path, slv_length(path) + 1);
  struct stat st;
  uint64_t built = 0;
  if (slv_sys_fstat(from->descriptor, &st) == 0)
    built = (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec;
  slv_keep_bytes(k, &built, sizeof built);
  Elf64_Shdr *own = begin(k, ".shstrtab", SHT_STRTAB);
  if (own == NULL) return;
  own->sh_size = k->names_used;
  put(k, k->names, k->names_used);
  align(k);
  Elf64_Ehdr header = from->header;
  header.e_type = ET_REL; // nobody shall try to run it
  header.e_entry = header.e_phoff = 0;
  header.e_phentsize = header.e_phnum = 0;
  header.e_shoff = k->at;
  header.e_shnum = (Elf64_Half)k->count;
  header.e_shstrndx = (Elf64_Half)(k->count - 1);
  put(k, k->headers, (size_t)k->count * sizeof k->headers[0]);
  flush(k);
  write_at(k, &header, sizeof header, 0);
}

// Context: thread
void slv_keep_object(const struct slv_file *from, const struct slv_found *found, const char *path,
                     slv_kept_filler *fill) {
  char name[sizeof slv_process.home + 40], made[sizeof slv_process.home + 48];
  char *end = slv_text(name, name + sizeof name, slv_process.home);
  *end++ = '/';
  slv_text(slv_hex(end, found->identity, 16), name + sizeof name, ".obj");
  if (slv_sys_faccessat(AT_FDCWD, name, F_OK) == 0) return;
  end = slv_text(made, made + sizeof made, slv_process.home);
  end = slv_text(end, made + sizeof made, "/.obj-");
  *slv_hex(end, slv_process.cell->life, 16) = 0;
  struct slv_kept *kept =
      slv_sys_mmap(NULL, sizeof *kept, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (slv_failed(kept)) return;
  kept->file = slv_file_open(made, O_RDWR | O_CREAT);
  if (kept->file >= 0) {
    write_object(kept, from, found, path, fill);
    slv_sys_close(kept->file);
    if (kept->failed || slv_sys_renameat(AT_FDCWD, made, AT_FDCWD, name) != 0)
      slv_sys_unlinkat(AT_FDCWD, made, 0);
  }
  slv_sys_munmap(kept, sizeof *kept);
}
