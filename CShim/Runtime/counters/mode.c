// What the modes of all objects ask for: flags of our cell, the core dump filter, signal handlers.
#include "counters/counters.h"
#include "ledger/kill_notice.h"
#include "signals/signals.h"

// Context: any
void slv_counters_mode_changed(void) {
  uint32_t flags = 0;
  int count;
  struct slv_object *o = slv_objects(&count);
  for (int i = 0; i < count; i++, o++) {
    if (o->mode == SLV_MODE_LIVE || o->mode == SLV_MODE_MIXED) flags |= SLV_FLAG_LIVE;
    if (o->mode != SLV_MODE_GONE && o->places.privates > 0) flags |= SLV_FLAG_PRIVATE;
    if (o->mode != SLV_MODE_GONE && o->fresh) flags |= SLV_FLAG_FRESH;
  }
  if (flags & SLV_FLAG_PRIVATE) slv_notice_private();
  __atomic_fetch_or(&slv_process.cell->flags, flags, __ATOMIC_RELAXED);
  if (flags & SLV_FLAG_LIVE) slv_core_filter_share();
  if (flags & SLV_FLAG_PRIVATE) slv_signals_chain();
}
