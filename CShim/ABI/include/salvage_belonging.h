// The part of the contract that says whose a directory outside of a recording is; of salvage_abi.h, which
// includes it.
#ifndef SALVAGE_BELONGING_H
#define SALVAGE_BELONGING_H

#define SLV_BELONGING_MAGIC 0x474e4f4c45425653ull // "SVBELONG"

// The file `recording` of a temporary directory: the recording that it belongs to. A copy of a recording has
// the same id and names the same directory, but is another directory itself. In a recording that lies in
// /var/tmp, the file `place`: the link that stands for it.
struct slv_belonging {
  uint64_t magic;
  uint64_t id[2];         // of the settings
  uint64_t device, inode; // of the recording's directory; of the link
};

SLV_STATIC_ASSERT(sizeof(struct slv_belonging) == 40, "belonging");
#endif
