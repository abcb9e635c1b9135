// The objects of this process that have counters.
#ifndef SLV_OBJECTS_H
#define SLV_OBJECTS_H

#include <link.h>

#include "runtime.h"
#include "source.h"

enum slv_mode {
  SLV_MODE_GONE = 0, // unloaded, or the entry was never used
  SLV_MODE_LIVE,     // all runs are shared with our slot
  SLV_MODE_MIXED,    // interior pages are shared; the boundary pages are private
  SLV_MODE_PRIVATE,  // nothing is shared
  SLV_MODE_LOST,     // no slot: it counts for nobody
};

#define SLV_BOUNDARIES (2 * SLV_REGIONS)

// Program memory that only a flush saves: `bytes` at `memory`; what it adds goes to `shared` (our
// slot), and `saved` holds what was added already.
struct slv_private {
  char *memory, *shared, *saved;
  size_t bytes;
};

struct slv_object {
  enum slv_mode mode;
  uint32_t slot_size;
  unsigned file_number; // of our slot's counter file, and the slot's place in it
  uint64_t slot_offset;
  int fresh, runs, mapped, boundaries, privates;
  int starting;              // it came with the program: dlclose never unloads it
  uint64_t key;              // of the file it was loaded from
  uintptr_t bias, low, high; // load bias; run-time address range of the whole object
  struct slv_found found;    // source, identity, regions
  struct slv_run run[SLV_RUNS];
  uintptr_t boundary[SLV_BOUNDARIES]; // run-time addresses of pages that hold program data as well
  char *aside;                        // our slot, mapped elsewhere too, where a part is private
  char *stash;                        // as many pages; NULL until the first fork
  struct slv_private private[SLV_BOUNDARIES];
};

// Where our own library begins in memory (from the linker); its load bias, for it is linked at 0.
extern const char slv_image[] __asm__("__ehdr_start") __attribute__((visibility("hidden")));

// All entries that were ever used; those with SLV_MODE_GONE are holes.
struct slv_object *slv_objects(int *count);

// A file that a key leads to was seen before: 1 when `found` was filled (source NONE: no counters).
int slv_index_lookup(uint64_t key, struct slv_found *found);
void slv_index_insert(uint64_t key, const struct slv_found *found);

// Attaches one loaded object, if it has counters and was not attached. Context: thread
void slv_object_attach(const struct dl_phdr_info *info, int starting);

// Gives up an entry whose memory is gone. Context: thread
void slv_object_drop(struct slv_object *object);

// Attaches the object that holds this address, if any does. Context: thread
void slv_objects_attach_caller(const void *address);
void slv_objects_start(const char *executed);

// Whether a thread is inside dlclose right now. Context: thread
int slv_objects_unloading(void);
void slv_objects_unloading_reset(void);

#endif
