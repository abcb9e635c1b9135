// Counters of attached objects: leases.c finds a slot, live.c shares pages, private.c copies them.
#ifndef SLV_COUNTERS_H
#define SLV_COUNTERS_H

#include "objects.h"

// The lock of all objects and their stashes. Held with every signal blocked, so that a handler of the
// same thread never meets it. A fork child re-initialises it.
#define SLV_MASK_UNCHANGED (1ull << (SIGKILL - 1)) // no mask that the kernel reports has it
void slv_counters_lock(uint64_t *mask);
void slv_counters_unlock(const uint64_t *mask);

// For callbacks of dl_iterate_phdr, which hold the loader's lock: waiting there for ours, whose holder
// may be forking, would leave the loader's locked in the child (glibc 2.36). 0 when it is held: answer
// SLV_WALK_AGAIN, and walk again. Context: thread
#define SLV_WALK_AGAIN 2
int slv_counters_try_lock(uint64_t *mask);

// ---- leases.c
struct slv_lease {
  int file;
  unsigned number; // <n> of the counter file's name
  unsigned slot;
  uint64_t offset;    // of the slot in the file
  uint64_t attach_at; // of its attach word
  uint32_t attach;    // as found
  int checked;        // the file's header is right
};

// Opens the object's counter file and takes the lock of a free slot that is ready to be mapped: blocks
// allocated, counters as earlier owners left them, or initial when `fresh`. -errno on failure. The
// lock goes with the descriptor unless a mapping of it lives on. Context: any
int slv_lease_take(const struct slv_object *object, struct slv_lease *lease);

// One more life uses the slot. Context: any
int slv_lease_count(const struct slv_object *object, const struct slv_lease *lease);

// For reserve.c: the locks of `count` slots from one on, 0 or -EAGAIN; makes the locked slot fit to be
// mapped. Context: any
int slv_slot_lock(const struct slv_object *object, struct slv_lease *lease, unsigned slot,
                  unsigned count);
int slv_slot_ready(const struct slv_object *object, struct slv_lease *lease);
void slv_slot_choose(const struct slv_object *object, struct slv_lease *lease, unsigned slot);

// What the object needs to open its slot's file again. Context: any
void slv_lease_remember(struct slv_object *object, const struct slv_lease *lease);
int slv_lease_reopen(const struct slv_object *object);
int slv_lease_open(const struct slv_object *object, unsigned number);

// For fork_site.c: a file of the object; its header, checked, and first written where it is new.
// Context: any
int slv_object_open(const struct slv_object *object, const char *suffix);
int slv_header_check(const struct slv_object *object, uint64_t magic, int file);

// ---- reserve.c
// In a fork child: moves the object to the slot that its parent leased for it. 0, or -ENOENT: there is
// none; any other error: the child needs a slot of its own. Context: thread
int slv_reserve_take(struct slv_object *object);
void slv_reserve_drop(struct slv_object *object);
void slv_reserve_prepare(struct slv_object *object); // before a fork
void slv_reserve_parent(void);                       // after it
void slv_reserve_child(void);                        // after the child has moved

// ---- fold.c
// Adds a dead slot's counters to the file's accumulator, exactly once at any point of death, and
// leaves the slot empty. The caller holds the slot's lock. -errno on failure. Context: any
int slv_fold(const struct slv_object *object, const struct slv_lease *lease);

// ---- live.c
// Shares the runs of a new object with a slot, or keeps them privately.
// Context: thread
void slv_counters_attach(struct slv_object *object, enum slv_when when);

// Sets the flags of our cell after an object came or changed its mode, and does what they ask for
// (core dump filter, signal handlers). Context: thread
void slv_counters_mode_changed(void);
void slv_counters_note_loss(int error);

// For live_fork.c: the bytes of a boundary that are not counters; all runs over the pages.
void slv_restore_neighbours(const struct slv_object *object, const struct slv_run *boundary,
                            const char *from);
int slv_map_runs(struct slv_object *object, const struct slv_lease *lease);
void slv_counters_lock_reset(void);

// ---- live_fork.c
void slv_counters_fork_prepare(void);
void slv_counters_fork_child(void);
void slv_stash_drop(struct slv_object *object);

// ---- fork_stack.c
// The return addresses on this thread's stack from `from` up that lie in the code of an object with
// derived counts, the innermost first; at most `room`. -1: the stack is not known.
// Context: thread
int slv_fork_stack(uintptr_t from, uintptr_t *found, int room);

// ---- fork_site.c
void slv_fork_from(const void *frame); // of the hook that is about to fork. Context: any
// Says in each object where in it the fork under way is. Context: thread
void slv_fork_sites(void);
// In the child: its life began there. `births` are those of its slot, mapped; or `file` is open, and
// its slot at o->slot_offset. Context: thread
void slv_fork_born(const struct slv_object *object, char *births);
void slv_fork_born_in(const struct slv_object *object, int file);

// ---- core_filter.c
void slv_core_filter_share(void);
void slv_core_filter_start(void);

// ---- private.c
// Makes `bytes` at `memory` a part that flushes save to `shared`. `base` shows what of it was saved
// already, or is a parent's; NULL: nothing. Context: any
int slv_private_add(struct slv_object *object, char *memory, char *shared, size_t bytes,
                    const char *base);

// In a fork child: what the parent counted is not ours; where its life began is noted by its first flush.
// Context: thread
void slv_private_rebase(struct slv_object *object);

// For memory that the program may have taken away, where all signals are blocked and a load would end
// the process: the kernel says so. 0: it can't be read. Context: any
int slv_copy_if_readable(void *to, const void *from, size_t bytes);

// Adds `from` to `to`: two images of a part of a region. Context: any
void slv_region_add(uint32_t kind, char *to, const char *from, size_t bytes);

#endif
