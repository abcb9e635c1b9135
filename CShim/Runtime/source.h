// A source of counters: it says where those of a loaded object are, what they mean, and how two
// images of them are added. Everything else is the same for all.
#ifndef SLV_SOURCE_H
#define SLV_SOURCE_H

#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime.h"

#define SLV_REGIONS_MAX (1u << 20)

// What the sources find in an object. An object may have counters of several of them.
struct slv_found {
  uint32_t sources;     // set of 1 << enum slv_source
  uint32_t hosts;       // enum slv_host
  uint32_t regions;     // so many
  uint32_t loss;        // enum slv_loss: of counters that cannot be kept, in the life that looked
  int known;            // the index has the identity: it need not be made again
  int listed;           // the regions are those of an earlier life: sources need not tell them
  uint32_t runs, units; // listed: so many of them stand behind the regions
  uint32_t kinds;       // set of 1 << enum slv_region_kind, after slv_found_check
  uint64_t identity;    // content hash of what the counters mean; a rebuild changes it
  struct slv_region region[SLV_REGIONS];
  struct slv_region *table; // where all are, when they are more than fit in `region`
  size_t reserved;          // bytes at `table`: address space, touched as far as used
  struct slv_region scan;   // gcov: the data that its units lie in, and what was noted; no region
  void *taken;              // gcov: the first of the units that are to be taken over
  uint32_t taken_count;
};

// An object's file, its section headers read. `bias` leads to its memory.
struct slv_file {
  int descriptor;
  int running; // constructors of the object may have run
  uintptr_t bias;
  const struct dl_phdr_info *info; // of the loaded object
  Elf64_Ehdr header;
  const Elf64_Shdr *sections; // header.e_shnum of them
  int count;
  const char *names; // of sections, NUL-terminated
  size_t names_size;
  const char *image; // the file, where it surely is the loaded one; else NULL
  size_t image_bytes;
};

const Elf64_Shdr *slv_section(const struct slv_file *file, const char *name);
// In memory; NULL for a section that is not loaded as the file says.
const void *slv_section_memory(const struct slv_file *file, const Elf64_Shdr *section);
// From the file's image if there is one, else from memory: each page of its data that a process has
// looked at is one more to copy for each of its forks.
const void *slv_section_contents(const struct slv_file *file, const Elf64_Shdr *section);

struct slv_kept; // keep.c

struct slv_source_ops {
  enum slv_source source;
  // Adds the object's counters of this source to `found` and returns 1; 0 when it has none, -1 when the
  // file could not be read. Context: thread
  int (*find)(const struct slv_file *file, struct slv_found *found);
  int each_life; // `find` takes something over in each life, also where the regions are listed
  // Sections of the file that a report needs, kept in <identity>.obj.
  const char *const *keep;
  // Writes sections that are no part of the file, by slv_keep_made; NULL: there are none.
  // Context: thread
  void (*make)(struct slv_kept *kept, const struct slv_file *file, const struct slv_found *found);
  // Asked in each process that has an object of this source: 0 when its counters must be left alone
  // there. `*loss` gets what the ledger shall say. NULL: there is nothing to ask. Context: thread
  int (*admit)(const struct dl_phdr_info *info, const struct slv_found *found, uint32_t *loss);
};

extern const struct slv_source_ops slv_source_llvm, slv_source_gcov, slv_source_sancov;

// ---- source_gcov.c
// The object's counters are kept, and libgcov shall not write them; or they are not. Context: thread
void slv_gcov_settle(struct slv_found *found, int taken);

// Link-time addresses of the units that are taken over. Context: thread
void slv_gcov_units(const struct slv_found *found, uintptr_t bias, uint64_t *to);

// ---- gcov_calls.c
// Whether the object calls __gcov_reset. Context: thread
int slv_gcov_resets(const struct slv_file *file);

// ---- object_file.c
#define SLV_SOURCE_COUNT 3u
extern const struct slv_source_ops *const slv_sources[SLV_SOURCE_COUNT]; // as they are asked

// ---- gcov_notes.c
struct slv_gcov_unit;
// Copies the notes file of a unit, if it is to be found. Context: thread
void slv_gcov_keep_notes(struct slv_kept *kept, const struct slv_gcov_unit *unit, uint32_t number);

// ---- places.c
// Room for `regions` more. 0 when there is none. Context: thread
int slv_found_reserve(struct slv_found *found, size_t regions);
int slv_found_region(struct slv_found *found, enum slv_source source, enum slv_region_kind kind,
                     uint64_t address, uint64_t size);
// The object has counters of this source, whose meaning has this hash. Context: any
void slv_found_source(struct slv_found *found, enum slv_source source, uint64_t identity);
void slv_found_drop(struct slv_found *found);

// ---- table.c
// What an earlier life found, where its regions are more than the index has room for. 1: it is here.
// Context: thread
int slv_table_read(struct slv_found *found);

// ---- keep.c
// Keeps the sections of an object that a report needs, once per identity. Context: thread
void slv_keep_object(const struct slv_file *file, const struct slv_found *found, const char *path);
// For `make`: begins a section, and appends to it. Context: thread
void slv_keep_section(struct slv_kept *kept, const char *name);
void slv_keep_bytes(struct slv_kept *kept, const void *bytes, size_t count);
void slv_keep_file(struct slv_kept *kept, int file, size_t count); // its first bytes

uint64_t slv_hash(uint64_t seed, const void *bytes, size_t count);

#endif
