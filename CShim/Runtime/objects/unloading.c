// Threads inside dlclose: what they unload may go at any moment.
#include "objects/objects.h"

static SLV_HOT uint32_t unloading;

// Context: thread
void slv_unloading_begin(void) { __atomic_fetch_add(&unloading, 1, __ATOMIC_ACQ_REL); }

// Context: thread
void slv_unloading_end(void) { __atomic_fetch_sub(&unloading, 1, __ATOMIC_ACQ_REL); }

// Context: any
int slv_objects_unloading(void) { return __atomic_load_n(&unloading, __ATOMIC_ACQUIRE) != 0; }

// Context: any
void slv_objects_unloading_reset(void) {
  if (slv_objects_unloading()) __atomic_store_n(&unloading, 0, __ATOMIC_RELEASE);
}
