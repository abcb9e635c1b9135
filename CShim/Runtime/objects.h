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

// Program memory that only a flush saves: `bytes` at `memory`; what it adds goes to `shared` (our
// slot), and `saved` holds what was added already. NULL: nobody knows; nothing is added.
struct slv_private {
  char *memory, *shared, *saved;
  size_t bytes;
};

// When an object is met.
enum slv_when {
  SLV_STARTING, // with the program: one thread, and no constructor has run
  SLV_LOADED,   // by dlopen, before its first constructor: no thread can know of it
  SLV_RUNNING,  // later: threads may be storing to its pages
};

#define SLV_BOUNDARIES (2 * SLV_REGIONS)

// Places of forks that this process met (fork_site.c).
#define SLV_MET_SITES 4u
struct slv_met_site {
  uint64_t key;
  uint32_t site; // number of its snapshot + 1; 0: there is none to be had
};

// Slots that are leased for children to come (reserve.c): those of the forks from number `first` on.
struct slv_reserve {
  char *image; // the slots, one after the other; NULL: there are none
  uint32_t first, slots;
  uint32_t generation; // of the life that leased them
  unsigned number;     // as of its own slot
  uint64_t offset;
};

// Where the counters of an object are, by link-time addresses, each list sorted and disjoint. Most
// objects need no more room than `near` has; the lists of the others lie in a mapping of their own.
struct slv_places {
  struct slv_region *region;
  struct slv_run *run;      // whole pages with counters
  struct slv_run *boundary; // stretches of pages, in one run each, that hold program data as well
  struct slv_private *private; // room for as many as there are boundaries or runs
  uint32_t regions, runs, boundaries, units, privates; // units: gcc's, listed behind the runs
  uint32_t kinds;                                      // set of 1 << enum slv_region_kind
  uint64_t boundary_bytes;
};

struct slv_object {
  enum slv_mode mode;
  uint32_t slot_size, slots_offset;
  unsigned file_number; // of our slot's counter file, and the slot's place in it
  uint64_t slot_offset;
  int fresh;
  uint32_t mapped;           // runs that are shared
  int starting;              // it came with the program: dlclose never unloads it
  uint64_t key;              // of the file it was loaded from
  uintptr_t bias, low, high; // load bias; run-time address range of the whole object
  uint64_t identity;
  uint32_t sources;
  uint32_t births;               // where in a slot they are; 0: nothing of it is derived
  uintptr_t text_low, text_high; // run-time addresses of its code
  uint64_t unbacked;             // link-time address; from there on no file is behind its data
  uint32_t site;                 // of the fork under way, as in slv_met_site
  uint32_t born_at;              // of the fork that our life began by, where a flush notes it
  uint64_t born_noted;           // 1 when it has
  struct slv_met_site met[SLV_MET_SITES];
  struct slv_places places;
  char *aside; // our slot, mapped elsewhere too, where a part is private
  char *stash; // the boundaries, one after the other; NULL until the first fork
  struct slv_reserve reserve;
  struct slv_region *table;       // the mapping with the lists; NULL: they are here
  size_t table_bytes, table_used; // whole pages; what is behind the lists is free
  struct {
    struct slv_region region[SLV_REGIONS];
    struct slv_run run[SLV_RUNS], boundary[SLV_BOUNDARIES];
    struct slv_private private[SLV_BOUNDARIES];
  } near;
};

// Where our own library begins in memory (from the linker); its load bias, for it is linked at 0.
extern const char slv_image[] __asm__("__ehdr_start") __attribute__((visibility("hidden")));

// All entries that were ever used; those with SLV_MODE_GONE are holes.
struct slv_object *slv_objects(int *count);

// A file that a key leads to was seen before: 1 when `found` was filled (no sources: no counters; no
// regions: it must be looked at again).
int slv_index_lookup(uint64_t key, struct slv_found *found);
void slv_index_insert(uint64_t key, const struct slv_found *found);

// ---- object_file.c
// The object's key, 0 when there is none; what the sources find in its file. Context: thread
extern const char *slv_executed;     // what exec was given; may be relative
extern char *const *slv_environment; // while the constructor looks: libc has none yet
extern int slv_by_loader;            // ld.so was run as a program, and told which one to load
uint64_t slv_object_key(const struct dl_phdr_info *info);
int slv_object_inspect(const struct dl_phdr_info *info, struct slv_found *found,
                       enum slv_when when);
// True when [address, address + size) lies in one segment with these permissions. Context: any
int slv_in_segment(const struct dl_phdr_info *info, uint64_t address, uint64_t size,
                   uint32_t flags);

// ---- table.c
// Bytes of the lists that lie one behind the other. Context: any
size_t slv_table_bytes(uint32_t regions, uint32_t runs, uint32_t units);

// ---- places.c
// Makes regions that are right, or of no use: 0. Context: thread
int slv_found_check(const struct dl_phdr_info *info, struct slv_found *found);
// Takes over what was found, and places runs and boundaries around it. Context: thread
void slv_places_make(struct slv_object *object, struct slv_found *found);
void slv_places_near(struct slv_object *object); // the object was moved
// The first region that ends behind a link-time address; the count of regions: none. Context: any
uint32_t slv_region_behind(const struct slv_places *places, uint64_t address);
// The next part [*at, *stop) below `end` that is not counters; 0 when there is none. `*region` is
// slv_region_behind(*at) at first. Context: any
int slv_next_gap(const struct slv_places *places, uint32_t *region, uint64_t *at, uint64_t end,
                 uint64_t *stop);
// Where a link-time address of a run stands in the slot's image. Context: any
uint64_t slv_slot_position(const struct slv_object *object, uint64_t address);

// Attaches one loaded object, if it has counters and was not attached. Context: thread
void slv_object_attach(const struct dl_phdr_info *info, enum slv_when when);

// Gives up an entry whose memory is gone. Context: thread
void slv_object_drop(struct slv_object *object);

// Attaches the object that holds this address, if any does. Context: thread
void slv_objects_attach_caller(const void *address);
// Attaches all that were loaded since the last call. Context: thread
void slv_objects_attach_new(void);
void slv_objects_start(const char *executed, int by_loader, char *const environment[]);

// Whether a thread is inside dlclose right now. Context: thread
int slv_objects_unloading(void);
void slv_objects_unloading_reset(void);

#endif
