// What Go's linker says of a program in its module data, and the packages that it counts in.
#ifndef SLV_GO_MODULE_H
#define SLV_GO_MODULE_H

#include "sources/source.h"

struct slv_go_module {
  const struct slv_file *file;
  const uint64_t *words;   // the module data
  const uint64_t *tasks;   // what starts each package, in the order in which it is done
  uint64_t task_count;     // 0: there is no such list
  uint64_t counters, size; // link-time address, bytes
  const char *names;       // of all source files, each with a NUL
  uint64_t names_size;
};

// A package's meta-data, as the program has it in memory.
struct slv_go_meta {
  const char *bytes;
  struct slv_go_package head;
};

// 1 when the object is Go's and `module` is filled; 0 when it is not, or of a version that is not known.
// Context: thread
int slv_go_module_find(const struct slv_file *file, struct slv_go_module *module);

// Tells of each package that counts, in the order in which they become known at run time. How many; -1 where
// one can't be read. Context: thread
int slv_go_packages(const struct slv_go_module *module,
                    void (*each)(void *state, const struct slv_go_meta *meta), void *state);

#endif
