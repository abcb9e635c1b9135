// What Go's linker says of a program in its module data, and the packages that it counts in.
#ifndef SLV_GO_MODULE_H
#define SLV_GO_MODULE_H

#include "sources/source.h"

enum { // words of the module data
  SLV_GO_TABLE = 0,
  SLV_GO_NAMES = 1, // of functions: address, bytes
  SLV_GO_FILES = 7, // names of source files: address, bytes
  SLV_GO_FUNCTIONS =
      16, // pairs of u32, by address: a function's place behind SLV_GO_TEXT, and more; address, count
  SLV_GO_TEXT = 22,
  SLV_GO_TEXT_END = 23,
  SLV_GO_DATA = 30, // .noptrbss, with the counters at its end
  SLV_GO_DATA_END = 31,
  SLV_GO_COUNTERS = 32,
  SLV_GO_COUNTERS_END = 33,
  SLV_GO_MOVING = 37, // from here on each version has its own order
  SLV_GO_WORDS = 70,
};

struct slv_go_module {
  const struct slv_file *file;
  const uint64_t *words;   // the module data
  const uint64_t *tasks;   // what starts each package, in the order in which it is done
  uint64_t task_count;     // 0: there is no such list
  uint64_t counters, size; // link-time address, bytes
  const char *names;       // of all source files, each with a NUL
  uint64_t names_size;
};

#define SLV_GO_HASH 16u // where meta-data has its own hash, and its bytes

// A package's meta-data, as the program has it in memory.
struct slv_go_meta {
  const char *bytes;
  struct slv_go_package head;
};

// Memory of the object at a run-time address; NULL where it has none there. Context: thread
static inline const void *slv_go_at(const struct slv_file *file, uint64_t address, uint64_t bytes) {
  return slv_in_segment(file->info, address - file->bias, bytes, PF_R) ? (const void *)address
                                                                       : NULL;
}

// 1 when the object is Go's and `module` is filled; 0 when it is not, or of a version that is not known.
// Context: thread
int slv_go_module_find(const struct slv_file *file, struct slv_go_module *module);

// Tells of each package that counts, in the order in which they become known at run time. How many; -1 where
// one can't be read. Context: thread
int slv_go_packages(const struct slv_go_module *module,
                    void (*each)(void *state, const struct slv_go_meta *meta), void *state);

// ---- sources/go_code.c
// Whether the function at `start`, one of those that start packages, makes meta-data known: 1: it does, and which is
// in `meta`, 0: it does not, -1: it does, and in no known form. Context: thread
int slv_go_read_function(const struct slv_go_module *module, uint64_t start,
                         struct slv_go_meta *meta);

#endif
