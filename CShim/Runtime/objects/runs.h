// Runs: the whole pages around regions.
#ifndef SLV_RUNS_H
#define SLV_RUNS_H

#include "process/process.h"

// The page that an address lies in. Context: any
static inline uint64_t slv_page_of(uint64_t address) {
  return address & -(uint64_t)slv_process.page;
}

// The pages around the regions from *at on, which is behind them then. Pages between two runs may be
// protected by the program, so they are never bridged. 0: there are none. Context: any
int slv_next_run(const struct slv_region *region, uint32_t count, uint32_t *at,
                 struct slv_run *run);

#endif
