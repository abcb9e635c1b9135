// The file behind a program that is about to start.
#include "launch/program_file.h"

#include "base/bytes.h"

// Context: any
int slv_target_read(const struct slv_target_file *file, void *to, size_t bytes, uint64_t offset) {
  if (file->size >= 0 && offset <= (uint64_t)file->size && bytes <= (uint64_t)file->size - offset) {
    slv_copy(to, file->head + offset, bytes);
    return 1;
  }
  return offset <= INT64_MAX &&
         slv_sys_pread(file->descriptor, to, bytes, offset) == (slv_word)bytes;
}

// Context: any
int slv_target_segment(const struct slv_target_file *file, const ElfW(Ehdr) * elf, size_t i,
                       ElfW(Phdr) * segment) {
  return elf->e_phentsize == sizeof *segment &&
         slv_target_read(file, segment, sizeof *segment, elf->e_phoff + i * sizeof *segment);
}
