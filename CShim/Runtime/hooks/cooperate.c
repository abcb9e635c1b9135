// What programs call that include <salvage.h> (CShim/Cooperate), or look up by name.
#include "hooks/hooks.h"

#include "ledger/ledger.h"
#include "life/life.h"

SLV_EXPORT void salvage_flush(void);
SLV_EXPORT int salvage_is_recording(void);

// Context: any
void salvage_flush(void) {
  if (!slv_process.active || slv_is_vfork_child()) return;
  slv_save();
  slv_event(SLV_CELL_MARK, slv_process.pid, 0);
}

// Context: any
int salvage_is_recording(void) { return slv_process.active && !slv_is_vfork_child(); }
