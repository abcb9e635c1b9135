// Whether a program that our library can't be in has counters at all: one that has none loses nothing.
#include "launch/program_file.h"
#include "sources/source.h"

#define LOOK_MAX (256ll << 20) // bytes of a file
#define STEP (256u << 10)
#define OVERLAP 32u // more than the longest name

// Context: any
static int search(int file, uint64_t size, char *part) {
  for (uint64_t at = 0; at < size; at += STEP - OVERLAP) {
    slv_word got = slv_sys_pread(file, part, STEP, at);
    if (got <= 0) return 1; // who knows
    slv_zero(part + got, OVERLAP);
    for (slv_word i = 0; i < got; i++)
      if (slv_sources_trace(part + i)) return 1;
  }
  return 0;
}

// Context: any
int slv_target_has_counters(const struct slv_target_file *file) {
  if (file->st.st_size > LOOK_MAX) return 1;
  char *part = slv_sys_mmap(NULL, STEP + OVERLAP, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (slv_failed(part)) return 1;
  int found = search(file->descriptor, (uint64_t)file->st.st_size, part);
  slv_sys_munmap(part, STEP + OVERLAP);
  return found;
}
