// A program that a preload would stop: the shared runtimes of AddressSanitizer check that they come
// first (verify_asan_link_order; gcc's libasan.so, clang's with -shared-libasan).
#include "base/bytes.h"
#include "launch/program_file.h"

#define ENTRIES 32 // of the dynamic section that are read at a time

struct dynamic {
  const struct slv_target_file *file;
  uint64_t at; // file offset of the section
  size_t count;
  size_t first, known; // of those in `entries`
  ElfW(Dyn) entries[ENTRIES];
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

// Entry `i` of the dynamic section; NULL behind the last one. Context: any
static const ElfW(Dyn) * entry(struct dynamic *dynamic, size_t i) {
  if (i >= dynamic->count) return NULL;
  if (i < dynamic->first || i - dynamic->first >= dynamic->known) {
    size_t count = dynamic->count - i < ENTRIES ? dynamic->count - i : ENTRIES;
    dynamic->known = 0;
    if (!slv_target_read(dynamic->file, dynamic->entries, count * sizeof *dynamic->entries,
                         dynamic->at + i * sizeof *dynamic->entries))
      return NULL;
    dynamic->first = i;
    dynamic->known = count;
  }
  const ElfW(Dyn) *found = &dynamic->entries[i - dynamic->first];
  return found->d_tag != DT_NULL ? found : NULL;
}

// Context: any
static int find_dynamic(const struct slv_target_file *file, const ElfW(Ehdr) * elf,
                        struct dynamic *dynamic) {
  ElfW(Phdr) segment;
  const ElfW(Dyn) * found;
  size_t i = 0;
  do {
    if (i == elf->e_phnum || !slv_target_segment(file, elf, i++, &segment)) return 0;
  } while (segment.p_type != PT_DYNAMIC);
  dynamic->file = file;
  dynamic->at = segment.p_offset;
  dynamic->count = segment.p_filesz / sizeof *dynamic->entries;
  dynamic->first = dynamic->known = 0;
  dynamic->strings = dynamic->strings_size = 0;
  for (i = 0; (found = entry(dynamic, i)) != NULL; i++) {
    if (found->d_tag == DT_STRTAB) dynamic->strings = file_offset(file, elf, found->d_un.d_ptr);
    if (found->d_tag == DT_STRSZ) dynamic->strings_size = found->d_un.d_val;
    if (dynamic->strings != 0 && dynamic->strings_size != 0) break;
  }
  return dynamic->strings != 0;
}

// Context: any
static int needs_asan(struct dynamic *dynamic) {
  char name[17];
  const ElfW(Dyn) * found;
  for (size_t i = 0; (found = entry(dynamic, i)) != NULL; i++) {
    uint64_t at = found->d_un.d_val;
    if (found->d_tag != DT_NEEDED) return 0; // linkers write those first
    if (at >= dynamic->strings_size) continue;
    size_t n = dynamic->strings_size - at < 16 ? (size_t)(dynamic->strings_size - at) : 16;
    if (!slv_target_read(dynamic->file, name, n, dynamic->strings + at)) return 0;
    name[n] = 0;
    if (slv_starts(name, "libasan.so") || slv_starts(name, "libclang_rt.asan")) return 1;
  }
  return 0;
}

// True when .dynstr has that name. Context: any
static int has_name(const struct dynamic *dynamic, const char *name) {
  char part[512];
  const size_t length = slv_length(name) + 1;
  for (uint64_t at = 0; at + length <= dynamic->strings_size; at += sizeof part - length + 1) {
    uint64_t left = dynamic->strings_size - at;
    size_t n = left < sizeof part ? (size_t)left : sizeof part;
    if (!slv_target_read(dynamic->file, part, n, dynamic->strings + at)) return 0;
    for (size_t i = 0; i + length <= n; i++) {
      if (part[i] == name[0] && slv_equal(part + i, name, length)) return 1;
    }
  }
  return 0;
}

// Context: any
int slv_target_refuses_preload(const struct slv_target_file *file, const ElfW(Ehdr) * elf) {
  struct dynamic dynamic;
  return find_dynamic(file, elf, &dynamic) && needs_asan(&dynamic) &&
         has_name(&dynamic, "__asan_default_options");
}
