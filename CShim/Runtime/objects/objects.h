// The objects of this process that have counters.
#ifndef SLV_OBJECTS_H
#define SLV_OBJECTS_H

#include "process/process.h"

struct slv_found;

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
  SLV_WRITING,  // the same, and its runtime is about to write what it counted
};

#define SLV_BOUNDARIES (2 * SLV_REGIONS)

// Places of forks that this process met (counters/fork_places.c).
#define SLV_MET_SITES 4u
struct slv_met_site {
  uint64_t key;
  uint32_t site; // number of its snapshot + 1; 0: there is none
};

// Slots that are leased for children to come (counters/reserve.c): those of the forks from number `first` on.
struct slv_reserve {
  char *image; // the slots, one after the other; NULL: there are none
  uint32_t first, slots;
  uint32_t generation; // of the life that leased them
  unsigned number;     // as of its own slot, all these
  uint32_t uid, file;
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

// Where in a region of lists (SLV_REGION_LISTS32) a walk is: words that are left of a head, and counters.
struct slv_lists {
  uint32_t head, counters;
};

struct slv_object {
  enum slv_mode mode;
  uint32_t slot_size, slots_offset;
  unsigned file_number; // of our slot's counter file, and the slot's place in it
  uint64_t slot_offset;
  uint32_t uid, file; // in whose directory that is, and which file, as slv_lease has it
  int fresh;
  uint32_t mapped;           // runs that are shared
  int starting;              // it came with the program: dlclose never unloads it
  int present;               // hooks/dl.c: it is still loaded
  uint64_t image;            // what was loaded, as slv_object_image says
  uintptr_t bias, low, high; // load bias; run-time address range of the whole object
  uint64_t identity;
  uint32_t sources;
  uint32_t births;               // where in a slot they are; 0: nothing of it is derived
  uintptr_t text_low, text_high; // run-time addresses of its code
  uint64_t unbacked;             // link-time address; from there on no file is behind its data
  uint32_t site;                 // of the fork under way, as in slv_met_site
  uint32_t born_at;              // of the fork that our life began by, where a flush notes it
  uint64_t born_noted;           // 1 when it has
  uint32_t uses;                 // set of enum slv_use
  int merging;                   // hooks/merge.c: descriptor + 1 of a profile
  int merged;                    // memory holds what others counted, too
  struct slv_met_site met[SLV_MET_SITES];
  uint32_t met_uid;      // in whose directory
  uint32_t aside_before; // slots that are mapped in front of `aside`
  struct slv_places places;
  char *
      aside; // our slot, mapped elsewhere too: a part is private, or the file may soon be out of reach
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

// ---- objects/registry.c: all objects of this process

// All entries that were ever used; those with SLV_MODE_GONE are holes. Context: any
struct slv_object *slv_objects(int *count);

// An entry for a new object, all zero; NULL when there is no memory for more. Context: thread
struct slv_object *slv_object_add(void);

// Gives up an entry, with the memory that is ours. Context: any
void slv_object_drop(struct slv_object *object);

// Parts of that. Context: any
void slv_reserve_drop(struct slv_object *object);
void slv_aside_drop(struct slv_object *object);

// Memory for the object's boundaries, in `stash`. 0 when there is none. Context: any
int slv_stash_make(struct slv_object *object);

// ---- objects/lock.c

// The lock of all objects and their stashes. Held with every signal blocked, so that a handler of the
// same thread never meets it. A fork child re-initialises it. Context: any
#define SLV_MASK_UNCHANGED (1ull << (SIGKILL - 1)) // no mask that the kernel reports has it
void slv_objects_lock(uint64_t *mask);
void slv_objects_unlock(const uint64_t *mask);

// For callbacks of dl_iterate_phdr, which hold the loader's lock: waiting there for ours, whose holder
// may be forking, would leave the loader's locked in the child (glibc 2.36). 0 when it is held: answer
// SLV_WALK_AGAIN, and walk again. Context: thread
#define SLV_WALK_AGAIN 2
int slv_objects_try_lock(uint64_t *mask);

// In a fork child, where nobody else is. Context: any
void slv_objects_lock_reset(void);

// ---- objects/unloading.c

// Around dlclose: this thread may be taking pages away. Context: thread
void slv_unloading_begin(void);
void slv_unloading_end(void);
// Whether a thread is inside dlclose right now. Context: any
int slv_objects_unloading(void);
// In a fork child, which has none of its parent's other threads. Context: any
void slv_objects_unloading_reset(void);

// ---- objects/index.c

// A file that a key leads to was seen before: 1 when `found` was filled (no sources: no counters; no
// regions: it must be looked at again). `each_life`: sources whose units each life finds itself.
// Context: thread
int slv_index_lookup(uint64_t key, struct slv_found *found, uint32_t each_life);
void slv_index_insert(uint64_t key, const struct slv_found *found, uint32_t each_life);

// ---- objects/places.c

// Takes over what was found, and places runs and boundaries around it. Context: thread
void slv_places_make(struct slv_object *object, struct slv_found *found);
// The object was moved. Context: any
void slv_places_near(struct slv_object *object);

// ---- objects/regions.c

// Bytes of the lists that lie one behind the other. Context: any
size_t slv_table_bytes(uint32_t regions, uint32_t runs, uint32_t units);
// The first region that ends behind a link-time address; the count of regions: none. Context: any
uint32_t slv_region_behind(const struct slv_places *places, uint64_t address);
// The next part [*at, *stop) below `end` that is not counters; 0 when there is none. `*region` is
// slv_region_behind(*at) at first. Context: any
int slv_next_gap(const struct slv_places *places, uint32_t *region, uint64_t *at, uint64_t end,
                 uint64_t *stop);
// Where a link-time address of a run stands in the slot's image. Context: any
uint64_t slv_slot_position(const struct slv_object *object, uint64_t address);
// Adds `from` to `to`: two images of a part of a region. `lists` goes from part to part of a region of lists,
// whose first part finds it zero; NULL: one of the two is all zeros. Context: any
void slv_region_add(uint32_t kind, char *to, const char *from, size_t bytes,
                    struct slv_lists *lists);
// The next part of lists without its counts: what they will be in a life that has counted nothing.
// Context: any
void slv_lists_clear(uint32_t *words, size_t count, struct slv_lists *lists);

#endif
