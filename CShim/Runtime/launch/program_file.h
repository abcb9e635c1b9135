// The file behind a target, for launch/target.c and launch/target_sanitizer.c.
#ifndef SLV_TARGET_FILE_H
#define SLV_TARGET_FILE_H

#include <elf.h>
#include <link.h>

#include "base/system.h"

struct slv_target_file {
  int descriptor;
  int borrowed;  // the caller's descriptor: stays open
  slv_word size; // of what is in `head`; -errno: unreadable
  struct stat st;
  unsigned char head[1024];
};

// `bytes` of the file at `offset` into `to`; 1 when all are there. Context: any
int slv_target_read(const struct slv_target_file *file, void *to, size_t bytes, uint64_t offset);

// Segment `i`; 0 when it can't be read. Context: any
int slv_target_segment(const struct slv_target_file *file, const ElfW(Ehdr) * elf, size_t i,
                       ElfW(Phdr) * segment);

// True when the program is linked to a shared AddressSanitizer and brings its own
// __asan_default_options: such a runtime ends the process when it does not come first among the
// libraries, and our answer to that (hooks/asan_options.c) is not asked. Context: any
int slv_target_refuses_preload(const struct slv_target_file *file, const ElfW(Ehdr) * elf);

// ---- launch/target_counters.c
// Whether the file has traces of counters of any source; 1 also where that can't be told. Reads all of it.
// Context: any
int slv_target_has_counters(const struct slv_target_file *file);

#endif
