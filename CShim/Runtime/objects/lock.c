// The lock of the lists of objects.
#include "base/lock.h"
#include "objects/objects.h"

static SLV_HOT_FORK uint32_t objects_lock; // enum slv_lock

// Context: any
void slv_objects_lock(uint64_t *mask) {
  *mask = SLV_MASK_UNCHANGED;
  if (!slv_process.sandboxed) slv_signals_block(mask);
  slv_lock_take(&objects_lock, &slv_process.sandboxed);
}

// Context: thread
int slv_objects_try_lock(uint64_t *mask) {
  *mask = SLV_MASK_UNCHANGED;
  if (!slv_process.sandboxed) slv_signals_block(mask);
  if (slv_lock_try(&objects_lock)) return 1;
  if (*mask != SLV_MASK_UNCHANGED) slv_signals_restore(mask);
  return 0;
}

// Context: any
void slv_objects_unlock(const uint64_t *mask) {
  slv_lock_give(&objects_lock, &slv_process.sandboxed);
  if (*mask != SLV_MASK_UNCHANGED) slv_signals_restore(mask);
}

// Context: any
void slv_objects_lock_reset(void) { objects_lock = SLV_LOCK_FREE; }
