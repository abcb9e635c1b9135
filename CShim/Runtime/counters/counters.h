// Counters of attached objects: counters/leases.c finds a slot, counters/share.c shares pages, counters/private.c copies them.
#ifndef SLV_COUNTERS_H
#define SLV_COUNTERS_H

#include "objects/objects.h"

// Of counters/flush_loops.S: a fault between the first two goes on at the third.
extern const char slv_flush_loops[], slv_flush_loops_end[], slv_flush_failed[];

// ---- counters/leases.c
struct slv_lease {
  int file;
  unsigned number; // <n> of the counter file's name
  unsigned slot;
  uint64_t offset;    // of the slot in the file
  uint64_t attach_at; // of its attach word
  uint32_t attach;    // as found
  int checked;        // the file's header is right
  uint32_t id;        // of the file, made of its device and inode, once the slot is ready
};

// Opens the object's counter file and takes the lock of a free slot that is ready to be mapped: blocks
// allocated, counters as earlier owners left them, or initial when `fresh`. -errno on failure. The
// lock goes with the descriptor unless a mapping of it lives on. Context: any
int slv_lease_take(const struct slv_object *object, struct slv_lease *lease);

// One more life uses the slot. Context: any
int slv_lease_count(const struct slv_object *object, const struct slv_lease *lease);

// For counters/reserve.c: the locks of `count` slots from one on, 0 or -EAGAIN; makes the locked slot fit to be
// mapped. Context: any
int slv_slot_lock(const struct slv_object *object, struct slv_lease *lease, unsigned slot,
                  unsigned count);
int slv_slot_ready(const struct slv_object *object, struct slv_lease *lease);
void slv_slot_choose(const struct slv_object *object, struct slv_lease *lease, unsigned slot);

// ---- counters/counter_file.c: the files of an object's counters
// Of a file, what tells it from others. Context: any
static inline uint32_t slv_file_id(const struct stat *st) {
  uint64_t mixed = (st->st_ino ^ (uint64_t)st->st_dev << 32) * 0x9e3779b97f4a7c15u;
  return (uint32_t)(mixed >> 32);
}
// `<identity>-<context><suffix>` in this user's directory, or in another. -errno. Context: any
int slv_identity_open(uint64_t identity, const char *suffix, int flags);
int slv_object_open(const struct slv_object *object,
                    const char *suffix);                              // made where it is missing
int slv_lease_open(const struct slv_object *object, unsigned number); // its counter file <number>

// What the object needs to open its slot's file again: in the directory that it was leased in, whoever this
// process is by now. Another file that lies there by then is not taken for it. Context: any
void slv_lease_remember(struct slv_object *object, const struct slv_lease *lease);
int slv_lease_reopen(const struct slv_object *object);

// A file's header, checked, and first written where it is new. -errno. Context: any
int slv_header_check(const struct slv_object *object, uint64_t magic, int file);
int slv_header_is_ours(const struct slv_object *object, uint64_t magic,
                       const struct slv_counters_header *theirs);
int slv_write_bytes(int file, const void *bytes, size_t count, uint64_t at); // 1 when all are there

// ---- counters/region_list.c
// What an earlier life found, where its regions are more than the index has room for. 1: it is here.
// Context: thread
int slv_table_read(struct slv_found *found);

// ---- counters/hold.c
// Maps the slot of each live object beside it, while its file can still be opened. Context: any
void slv_leases_hold(void);

// ---- counters/reserve.c
// In a fork child: moves the object to the slot that its parent leased for it. 0, or -ENOENT: there is
// none; any other error: the child needs a slot of its own. Context: any
int slv_reserve_take(struct slv_object *object);
void slv_reserve_prepare(struct slv_object *object); // before a fork
void slv_reserve_parent(void);                       // after it
void slv_reserve_child(void);                        // after the child has moved

// ---- counters/fold.c
// Adds a dead slot's counters to the file's accumulator, exactly once at any point of death, and
// leaves the slot empty. The caller holds the slot's lock. -errno on failure. Context: any
int slv_fold(const struct slv_object *object, const struct slv_lease *lease);

// ---- counters/share.c
// Shares the runs of a new object with a slot, or keeps them privately.
// Context: thread
void slv_counters_attach(struct slv_object *object, enum slv_when when);

// ---- counters/mode.c
// Sets the flags of our cell after an object came or changed its mode, and does what they ask for
// (core dump filter, signal handlers). Context: any
void slv_counters_mode_changed(void);

// For counters/unshare.c: maps all runs over the pages.
int slv_map_runs(struct slv_object *object, const struct slv_lease *lease);

// ---- counters/boundary_copy.c
struct slv_aside {
  char *copy; // the boundaries, one after the other
  char *kept; // then a byte for each page: it was copied
  size_t bytes;
  int own; // a mapping of its own
};

// Copies the boundaries but for pages of zeros. -errno on failure. Context: thread
int slv_aside_take(const struct slv_object *object, int starting, struct slv_aside *aside);
// Puts back what was in those that are mapped from the slot now: data is stored, counts are added.
// Context: thread
void slv_aside_restore(const struct slv_object *object, const struct slv_aside *aside);

// The bytes of a boundary that are not counters. `from` shows what was there.
// Context: any
void slv_restore_neighbours(const struct slv_object *object, const struct slv_run *boundary,
                            const char *from);

// ---- counters/unshare.c
void slv_counters_fork_prepare(void);
void slv_counters_fork_child(void);
// Before a seccomp filter comes: pages that a fork could not unshare without system calls become private.
// Context: any
void slv_counters_enter_sandbox(void);
// Makes all pages of the object private, as they are now. 0 where it can't. Context: thread
int slv_counters_unshare(struct slv_object *object);
// Then, of no file any more. 0 where it can't. Context: thread
int slv_counters_copy_private(const struct slv_object *object);

// ---- counters/fork_stack.c
// The return addresses on this thread's stack from `from` up that lie in the code of an object with
// derived counts, the innermost first; at most `room`. -1: the stack is not known.
// Context: any
int slv_fork_stack(uintptr_t from, uintptr_t *found, int room);

// ---- counters/fork_places.c
void slv_fork_from(const void *frame); // of the hook that is about to fork. Context: any
// Says in each object where in it the fork under way is. Context: any
void slv_fork_sites(void);
// In the child: its life began there. `births` are those of its slot, mapped; or `file` is open, and
// its slot at o->slot_offset. Context: any
void slv_fork_born(const struct slv_object *object, char *births);
void slv_fork_born_in(const struct slv_object *object, int file);

// ---- counters/core_filter.c
void slv_core_filter_share(void);
void slv_core_filter_start(void);

// Puts back the core dump filter that the program had, as another image of it will inherit it; and
// sets ours again when the exec failed. 0 when it was not changed. Context: any
uint32_t slv_core_filter_original(void);
void slv_core_filter_restore(void);
void slv_core_filter_again(void);

// ---- counters/private.c
// Saves what is private, by plain stores: no lock that a signal could deadlock, no system call in a sandbox.
// May run many times; each time only what is new is added. Does nothing when all is live, and in a
// vfork child. Context: any
void slv_flush(void);

// Saves what is private of the object that holds this address, and that cannot go meanwhile.
// Context: thread
void slv_flush_holding(const void *address);

// Makes `bytes` at `memory` a part that flushes save to `shared`. `base` shows what of it was saved
// already, or is a parent's; NULL: nothing. Context: any
int slv_private_add(struct slv_object *object, char *memory, char *shared, size_t bytes,
                    const char *base);

// In a fork child: what the parent counted is not ours; where its life began is noted by its first flush,
// where the object has private parts. Context: any
void slv_private_rebase(struct slv_object *object);
void slv_private_born(struct slv_object *object);

// Around a profile that the program merges into its counters: what it counted itself is saved before, and
// what memory holds afterwards counts as saved. Context: thread
void slv_private_save(struct slv_object *object);
void slv_private_merged(struct slv_object *object);

#endif
