// A program that a preload would stop: the shared runtimes of AddressSanitizer check that they come
// first (verify_asan_link_order; gcc's libasan.so, clang's with -shared-libasan).
#include "target_file.h"

#define ENTRIES 64 // of the dynamic section that are looked at: the needed libraries come first

struct dynamic {
  ElfW(Dyn) entries[ENTRIES];
  size_t count;
  uint64_t strings; // file offset of .dynstr
  uint64_t strings_size;
};

// Where a link-time address is in the file; 0: nowhere. Context: any
static uint64_t file_offset(const struct slv_target_file *file, const ElfW(Ehdr) * elf,
                            uint64_t address) {
  ElfW(Phdr) segment;
  for (size_t i = 0; i < elf->e_phnum; i++) {
    if (!slv_target_segment(file, elf, i, &segment)) return 0;
    if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
        address - segment.p_vaddr < segment.p_filesz) {
      return segment.p_offset + (address - segment.p_vaddr);
    }
  }
  return 0;
}

// Context: any
static int read_dynamic(const struct slv_target_file *file, const ElfW(Ehdr) * elf,
                        struct dynamic *dynamic) {
  ElfW(Phdr) segment;
  size_t i = 0;
  do {
    if (i == elf->e_phnum || !slv_target_segment(file, elf, i++, &segment)) return 0;
  } while (segment.p_type != PT_DYNAMIC);
  size_t bytes =
      segment.p_filesz < sizeof dynamic->entries ? segment.p_filesz : sizeof dynamic->entries;
  if (!slv_target_read(file, dynamic->entries, bytes, segment.p_offset)) return 0;
  dynamic->count = bytes / sizeof *dynamic->entries;
  dynamic->strings = dynamic->strings_size = 0;
  for (i = 0; i < dynamic->count; i++) {
    const ElfW(Dyn) *entry = &dynamic->entries[i];
    if (entry->d_tag == DT_STRTAB) dynamic->strings = file_offset(file, elf, entry->d_un.d_ptr);
    if (entry->d_tag == DT_STRSZ) dynamic->strings_size = entry->d_un.d_val;
  }
  return dynamic->strings != 0;
}

// Context: any
static int needs_asan(const struct slv_target_file *file, const struct dynamic *dynamic) {
  char name[17];
  for (size_t i = 0; i < dynamic->count && dynamic->entries[i].d_tag == DT_NEEDED; i++) {
    uint64_t at = dynamic->entries[i].d_un.d_val;
    if (at >= dynamic->strings_size) continue;
    size_t n = dynamic->strings_size - at < 16 ? (size_t)(dynamic->strings_size - at) : 16;
    if (!slv_target_read(file, name, n, dynamic->strings + at)) return 0;
    name[n] = 0;
    if (slv_starts(name, "libasan.so") || slv_starts(name, "libclang_rt.asan")) return 1;
  }
  return 0;
}

// True when .dynstr has that name. Context: any
static int has_name(const struct slv_target_file *file, const struct dynamic *dynamic,
                    const char *name) {
  char part[512];
  const size_t length = slv_length(name) + 1;
  for (uint64_t at = 0; at + length <= dynamic->strings_size; at += sizeof part - length + 1) {
    uint64_t left = dynamic->strings_size - at;
    size_t n = left < sizeof part ? (size_t)left : sizeof part;
    if (!slv_target_read(file, part, n, dynamic->strings + at)) return 0;
    for (size_t i = 0; i + length <= n; i++) {
      if (part[i] == name[0] && slv_equal(part + i, name, length)) return 1;
    }
  }
  return 0;
}

// Context: any
int slv_target_refuses_preload(const struct slv_target_file *file, const ElfW(Ehdr) * elf) {
  struct dynamic dynamic;
  return read_dynamic(file, elf, &dynamic) && needs_asan(file, &dynamic) &&
         has_name(file, &dynamic, "__asan_default_options");
}
