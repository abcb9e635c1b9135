// What gcc's instrumentation leaves in a program's data, and what we make of it. libgcov.h of gcc 10
// to 15; 11 and 12 were run, the others are tested on synthetic images (Tests/Gcov).
#ifndef SLV_GCOV_LAYOUT_H
#define SLV_GCOV_LAYOUT_H

#include <link.h>
#include <stddef.h>
#include <stdint.h>

// The part of struct gcov_info that all versions agree on. `merge` has as many entries as the version
// has kinds of counters; behind it come `unsigned n_functions` and the pointer to their table.
struct slv_gcov_raw {
  uint32_t version; // four characters; big-endian in the program's eyes: 'B' '2' '2' '*' is 12.2
  uint32_t zero;    // padding
  void *next;
  uint32_t stamp;
  uint32_t checksum; // since 12; padding before
  const char *name;
  void *merge[]; // by kind of counters; NULL: not in use
};

struct slv_gcov_raw_counters {
  uint32_t count;
  int64_t *values;
};

struct slv_gcov_raw_function {
  const void
      *key; // the info it belongs to: another one's, where the linker kept that one's function
  uint32_t ident, lineno_checksum, cfg_checksum;
  struct slv_gcov_raw_counters counters[]; // one for each kind in use
};

#define SLV_GCOV_KINDS 10 // the most that a version has

enum slv_gcov_kind {
  SLV_GCOV_ARCS = 0,
  SLV_GCOV_INTERVAL = 1,
  SLV_GCOV_POW2 = 2,
  SLV_GCOV_TOPN = 3,     // lists on the heap
  SLV_GCOV_INDIRECT = 4, // the same
  SLV_GCOV_AVERAGE = 5,
  SLV_GCOV_IOR = 6,
  SLV_GCOV_TIME = 7,       // the least that is not 0
  SLV_GCOV_CONDITIONS = 8, // since 14
  SLV_GCOV_PATHS = 9,      // since 15
};

// What libgcov leads to the units of its object by, once their constructors have run (`__gcov_root`).
struct slv_gcov_root {
  struct slv_gcov_raw *list;             // the unit that came last
  uint32_t state;                        // 1: its counts were written; 2: a run was counted
  uint32_t zero;                         // padding
  struct slv_gcov_root *next, *previous; // of other objects
};

// ---- sources/gcov_scan.c: reads these structures in memory, trusting nothing in them.

// A stretch of memory that the last look was at.
struct slv_gcov_span {
  uintptr_t low, high;
};

// A loaded object that is read.
struct slv_gcov_image {
  const struct dl_phdr_info *info;
  struct slv_gcov_span unit, table, function, values; // caches
};

struct slv_gcov_unit {
  struct slv_gcov_raw *raw;
  uint32_t version, stamp, checksum, functions, kinds; // kinds: bit t is kind t
  const char *name;
  size_t name_length;
  const struct slv_gcov_raw_function *const *table;
};

// The part of `size` bytes of data on disk, where pointers are not yet what they will be, in which infos may
// stand; `low` and `high` are offsets. 0: none can. Context: any
int slv_gcov_may_hold(const char *data, size_t size, struct slv_gcov_span *part);

// The next info at or behind *at and below `end`; *at is then behind it. 0: there is none, -1: there is
// one of a version that is not known. Context: any
int slv_gcov_next(struct slv_gcov_image *image, uintptr_t *at, uintptr_t end,
                  struct slv_gcov_unit *info);

// Function `n` of an info, all its counters within the object; NULL when it is another's. Context: any
const struct slv_gcov_raw_function *slv_gcov_function(struct slv_gcov_image *image,
                                                      const struct slv_gcov_unit *info, uint32_t n);

// Whether an info that nobody has taken over yet may stand at a link-time address. Context: any
int slv_gcov_stands_at(struct slv_gcov_image *image, uint64_t address);

// Whether a unit stands at an address. Context: any
int slv_gcov_is_unit(struct slv_gcov_image *image, uintptr_t address);

// Counter kinds of a version; 0: it is not known. Context: any
int slv_gcov_kinds(uint32_t version);

// ---- sources/gcov_late.c: objects whose constructors have run.

// All units of an object that have functions, as far as each is linked to the one that came before it.
struct slv_gcov_chain {
  uintptr_t last; // which no other is linked to, if they are one list
  uint32_t count;
};

// Context: any
void slv_gcov_chain_add(struct slv_gcov_chain *chain, const struct slv_gcov_unit *unit);

// What libgcov leads to these units by, and to no others; NULL: it is not known, or they were written already.
// Context: thread
struct slv_gcov_root *slv_gcov_root_of(struct slv_gcov_image *image,
                                       const struct slv_gcov_chain *chain);

struct slv_file;
struct slv_found;

// All units, gcc's and clang's, are to be taken from their runtimes, which know of them. 0: they are left to
// these, as they are. Context: thread
int slv_gcov_take_late(const struct slv_file *file, struct slv_found *found,
                       struct slv_gcov_image *image, const struct slv_gcov_chain *chain,
                       int by_clang);

#endif
