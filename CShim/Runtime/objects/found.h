// What the sources of counters find in an object, until it is attached.
#ifndef SLV_FOUND_H
#define SLV_FOUND_H

#include <link.h>

#include "process/process.h"

#define SLV_REGIONS_MAX (1u << 20)

// An object may have counters of several sources.
struct slv_found {
  uint32_t sources;     // set of 1 << enum slv_source
  uint32_t hosts;       // enum slv_host, enum slv_use, SLV_UNUSED_BIT
  uint32_t regions;     // so many
  uint32_t loss;        // enum slv_loss: of counters that cannot be kept, in the life that looked
  uint32_t blind;       // enum slv_loss: why the file's sections are not known
  int error;            // errno, of either
  int known;            // the index has the identity: it need not be made again
  int listed;           // the regions are those of an earlier life: sources need not tell them
  uint32_t runs, units; // listed: so many of them stand behind the regions
  uint32_t kinds;       // set of 1 << enum slv_region_kind, after slv_found_check
  uint64_t identity;    // content hash of what the counters mean; a rebuild changes it
  struct slv_region region[SLV_REGIONS];
  struct slv_region *table; // where all are, when they are more than fit in `region`
  size_t reserved;          // bytes at `table`: address space, touched as far as used
  // Of a source whose counters each life finds anew (slv_source_ops.each_life):
  struct slv_region scan; // the data that its units lie in, and what was noted; no region
  void *taken;            // the first of the units that are to be taken over
  uint32_t taken_count;
  void *known_by; // their runtime knows of them already, by this; NULL: it does not
  struct slv_clang_slots
      *slots;           // clang's: constructors that are to be emptied; NULL: there are none
  uint32_t clang_units; // that are known
  // Writes their link-time addresses. Context: thread
  void (*list_units)(const struct slv_found *found, uintptr_t bias, uint64_t *to);
};

// Room for `regions` more. 0 when there is none. Context: thread
int slv_found_reserve(struct slv_found *found, size_t regions);

// Adds a region; one of size 0 is none. 0, and a loss, when there is no room. Context: thread
int slv_found_region(struct slv_found *found, enum slv_source source, enum slv_region_kind kind,
                     uint64_t address, uint64_t size);

// The object has counters of this source, whose meaning has this hash. Context: any
void slv_found_source(struct slv_found *found, enum slv_source source, uint64_t identity);

// This source's compiler instrumented the object, whose functions nobody calls: there is what they mean, with this
// hash, and no counter. Context: any
void slv_found_unused(struct slv_found *found, enum slv_source source, uint64_t identity);

// The set of those, where the object has no counters at all. Context: any
uint32_t slv_found_unused_set(const struct slv_found *found);

// Gives the memory back. Context: thread
void slv_found_drop(struct slv_found *found);

// Makes regions that are right, or of no use: 0. Context: thread
int slv_found_check(const struct dl_phdr_info *info, struct slv_found *found);

#endif
