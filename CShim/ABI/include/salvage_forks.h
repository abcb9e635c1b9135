// The part of the contract about forks in mid-function; of salvage_abi.h, which includes it.
//
// A fork child counts from 0 on, in functions that it never entered. Compilers count some blocks and
// derive others by differences, which such a child makes too small. So the first fork at a place (the
// functions in flight, by the return addresses on the stack) leaves a snapshot of the counters that the
// process had there, and each child notes in its slot at which place its life began. Where a reader
// adds to each child the counters that lead to its place, every derived count is one that somebody
// really had.
#ifndef SALVAGE_FORKS_H
#define SALVAGE_FORKS_H

#define SLV_FORK_SITES 64u
#define SLV_FORK_ROWS 8u
#define SLV_FORK_ROW (8 * SLV_FORK_SITES)
#define SLV_FORK_UNKNOWN 63u // births at a place that nobody knows: never a snapshot

// At `births` in each slot: SLV_FORK_ROWS rows of u64[SLV_FORK_SITES], lives that began by a fork at that
// place: in the slot itself, and in row n in the nth behind it.
// <identity>-<ctx>.forks has the header of the object's counter files with a magic of its own, then
// this in the place of attach words. Snapshot n lies where slot n of a counter file would, and has its
// form: the counters (only those that are added), and at `births` a copy of the births of the slot that
// they were counted in. These are of places below n. What is 0 may be a hole.
#define SLV_FORKS_MAGIC 0x534b524f564c53a5ull // "\xa5SLVORKS"

struct slv_forks {
  uint64_t key[SLV_FORK_SITES];       // hash of the place, stored last; 0: no snapshot
  uint64_t innermost[SLV_FORK_SITES]; // its innermost return address, link-time
  uint32_t next;                      // snapshots begun, atomic; may exceed those there is room for
  uint32_t reserved;
};

SLV_STATIC_ASSERT(SLV_ATTACH_OFFSET + sizeof(struct slv_forks) <= 4096, "forks");

#endif
