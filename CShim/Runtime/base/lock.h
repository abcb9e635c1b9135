// A lock between threads of one process that sleeps in the kernel.
#ifndef SLV_LOCK_H
#define SLV_LOCK_H

#include "base/system.h"

// What a lock word says. 0 is free, so that zeroed memory is an open lock.
enum slv_lock { SLV_LOCK_FREE = 0, SLV_LOCK_HELD = 1, SLV_LOCK_AWAITED = 2 };

void slv_lock_take(uint32_t *lock, const int *sandboxed);
int slv_lock_try(uint32_t *lock);
void slv_lock_give(uint32_t *lock, const int *sandboxed);

#endif
