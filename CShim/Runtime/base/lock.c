// A lock between threads of one process that sleeps in the kernel. The callers block all signals before, so
// that no handler of the same thread meets a lock that its thread holds; a fork child, whose other threads
// are gone, sets its copy free itself.
#include "base/lock.h"

#include <linux/futex.h>

#include "base/poison.h" // last

// A sleeper looks again after so long. Nobody wakes it where the holder entered a seccomp sandbox meanwhile,
// in which we make no system call.
#define NAP 20000000 // ns

// Waiting threads must sleep: the lock is held across a fork, and with 150 threads that fork, those that
// asked again and again took the processor from the one that held it (100 times the bare program's time).
// Context: any
void slv_lock_take(uint32_t *lock, const int *sandboxed) {
  const struct timespec nap = {0, NAP};
  uint32_t seen = SLV_LOCK_FREE;
  if (__atomic_compare_exchange_n(lock, &seen, SLV_LOCK_HELD, 0, __ATOMIC_ACQUIRE,
                                  __ATOMIC_RELAXED))
    return;
  // Whoever had to wait cannot know whether others still do, and leaves the lock marked.
  while (__atomic_exchange_n(lock, SLV_LOCK_AWAITED, __ATOMIC_ACQUIRE) != SLV_LOCK_FREE)
    if (!__atomic_load_n(sandboxed, __ATOMIC_RELAXED))
      SLV_SYS4(SYS_futex, lock, FUTEX_WAIT_PRIVATE, SLV_LOCK_AWAITED, &nap);
}

// Context: any
int slv_lock_try(uint32_t *lock) {
  uint32_t seen = SLV_LOCK_FREE;
  return __atomic_compare_exchange_n(lock, &seen, SLV_LOCK_HELD, 0, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED);
}

// Context: any
void slv_lock_give(uint32_t *lock, const int *sandboxed) {
  if (__atomic_exchange_n(lock, SLV_LOCK_FREE, __ATOMIC_RELEASE) == SLV_LOCK_AWAITED &&
      !__atomic_load_n(sandboxed, __ATOMIC_RELAXED))
    SLV_SYS3(SYS_futex, lock, FUTEX_WAKE_PRIVATE, 1);
}
