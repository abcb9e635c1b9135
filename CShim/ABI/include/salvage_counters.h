// The part of the contract that says what counter files hold; of salvage_abi.h, which includes it.
#ifndef SALVAGE_COUNTERS_H
#define SALVAGE_COUNTERS_H

#define SLV_COUNTERS_MAGIC 0x544e5543564c53a5ull // "\xa5SLVCUNT"
#define SLV_RUNS 3
#define SLV_SLOTS_MAX 960u // attach words fit the first 4096 bytes
#define SLV_ATTACH_OFFSET 256u
#define SLV_TABLE_OFFSET 4096u
#define SLV_SLOT_FIRST 2u // 0 and 1 are accumulators
#define SLV_FILES_MAX 16u // <n> of the file name: 16 x 960 simultaneous lives of one object

// A range of whole pages of the object that hold counters, by link-time address.
struct slv_run {
  uint64_t low, high;
};

enum slv_attach {              // bits of an attach word
  SLV_ATTACH_FRESH = 1u << 31, // made ready for one life alone
  SLV_ATTACH_EMPTY = 1u << 30, // its counts were folded away: nothing in it, readers pass it over
  SLV_ATTACH_COUNT = SLV_ATTACH_EMPTY - 1, // leases of it so far; never goes back
};

// The start of a counter file. The attach words follow at SLV_ATTACH_OFFSET: one u32 per slot, 0 =
// never made ready, else how often it was leased. Regions are sorted by address, disjoint, and
// may be of several sources: an object has one counter file. Where there are more than fit here, both
// arrays are zero, and at SLV_TABLE_OFFSET lie `table_regions` regions, `table_runs` runs, and for later
// lives the addresses (u64) of `table_units` units of gcc's.
// A slot is the image of all runs, one after the other; it begins at slots_offset + n * slot_size.
// The lease is an OFD write lock on the first byte of the slot, held by the mapping.
// Slots 0 and 1 are never leased: they are the two accumulators that dead fresh slots are folded
// into (holes in the file until then). Readers add the regions of all slots from 2 on whose attach
// word is neither 0 nor EMPTY, but for the one slot that `fold` names with the attach word it still
// has, and of the accumulator that `fold` selects.
//
// Folding is exactly-once at any point of death: with the lock of slot 0 and that of the dead slot
// held, write (selected accumulator + slot) to the other accumulator, store `fold` (the commit), set
// EMPTY in its attach word; the next owner writes initial values over what the slot still holds.
struct slv_counters_header {
  uint64_t magic; // written last; the other bytes are the same whoever writes them
  uint32_t version;
  uint32_t births; // salvage_forks.h: where in a slot they are; 0: it has none
  uint64_t identity;
  uint32_t slots_offset; // whole pages (of the machine that recorded): header and table
  uint32_t slot_size;    // whole pages
  uint32_t page_size;
  uint32_t max_slots; // SLV_SLOTS_MAX
  struct slv_region region[SLV_REGIONS];
  struct slv_run run[SLV_RUNS];
  uint32_t table_regions; // 0: they are in `region` and `run`
  uint32_t table_runs;
  uint32_t table_units;
  uint32_t reserved2;
  uint64_t fold;      // atomic commit word, see slv_fold_*
  uint32_t uncounted; // lives that got no slot, atomic
  uint32_t reserved1;
  uint64_t reserved[6];
};

// The commit word of folding: bit 0 says which accumulator (0: the first, 1: the second) is valid,
// bits 1..15 the slot that was folded last + 1, bits 16..47 that slot's attach word at that time;
// bit 63 says that the file has accumulators at all.
#define SLV_FOLD_PRESENT (1ull << 63)
#define SLV_FOLD_SELECT(w) ((uint32_t)((w)&1u))
#define SLV_FOLD_SLOT(w) ((uint32_t)(((w) >> 1) & 0x7fffu)) // slot + 1, 0 none
#define SLV_FOLD_ATTACH(w) ((uint32_t)((w) >> 16))

SLV_STATIC_ASSERT(sizeof(struct slv_counters_header) <= SLV_ATTACH_OFFSET, "counters header");
SLV_STATIC_ASSERT(SLV_ATTACH_OFFSET + 4 * SLV_SLOTS_MAX <= 4096, "attach words");

#endif
