// A source of counters: it says where those of a loaded object are, what they mean, and how two
// images of them are added. Everything else is the same for all.
#ifndef SLV_SOURCE_H
#define SLV_SOURCE_H

#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime.h"

struct slv_found {
  enum slv_source source;
  uint32_t hosts;    // enum slv_host
  uint64_t identity; // content hash of what the counters mean; a rebuild changes it
  struct slv_region region[SLV_REGIONS];
};

// An object's file, its section headers read. `bias` leads to its memory.
struct slv_file {
  int descriptor;
  uintptr_t bias;
  const struct dl_phdr_info *info; // of the loaded object
  Elf64_Ehdr header;
  const Elf64_Shdr *sections; // header.e_shnum of them
  int count;
  const char *names; // of sections, NUL-terminated
  size_t names_size;
};

const Elf64_Shdr *slv_section(const struct slv_file *file, const char *name);
// In memory; NULL for a section that is not loaded as the file says.
const void *slv_section_memory(const struct slv_file *file, const Elf64_Shdr *section);

struct slv_source_ops {
  enum slv_source source;
  // Fills `found` and returns 1 when the object has counters of this source, 0 when it has none, -1
  // when the file could not be read. Context: thread
  int (*find)(const struct slv_file *file, struct slv_found *found);
  // Sections that a report needs, kept in <identity>.obj.
  const char *const *keep;
};

extern const struct slv_source_ops slv_source_llvm;

// Keeps the sections of an object that a report needs, once per identity. Context: thread
void slv_keep_object(const struct slv_file *file, const struct slv_found *found,
                     const char *const *keep, const char *path);

uint64_t slv_hash(uint64_t seed, const void *bytes, size_t count);

#endif
