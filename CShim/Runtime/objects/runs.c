// The pages around regions.
#include "objects/runs.h"

// The pages around the regions from *at on, which is behind them then. Pages between two runs may be protected
// by the program, so they are never bridged. 0: there are none. Context: any
int slv_next_run(const struct slv_region *region, uint32_t count, uint32_t *at,
                 struct slv_run *run) {
  uint64_t page = slv_process.page;
  if (*at == count) return 0;
  for (run->low = run->high = slv_page_of(region[*at].address); *at < count; ++*at) {
    if (slv_page_of(region[*at].address) > run->high) break;
    run->high = slv_page_of(region[*at].address + region[*at].size + page - 1);
  }
  return 1;
}
