// Forks, in three parts. pthread_atfork handlers do the work, for they also see forks that libc makes for
// itself; the hooks (hooks/fork.c, hooks/clone.c) add the child's pid, and the forks that run no handlers.
#include "base/next.h"
#include "counters/counters.h"
#include "ledger/ledger.h"
#include "life/life.h"
#include "process/debug.h"
#include "python/coveragepy.h"
#include "python/recorder.h"
#include "signals/signals.h"

typedef int atfork_function(void (*)(void), void (*)(void), void (*)(void), void *);
atfork_function __register_atfork;
int pthread_atfork(void (*)(void), void (*)(void), void (*)(void)); // musl's

#define FORKED 4 // threads that fork at a time and whose child's pid is noted

struct forked {     // a fork by `thread`, whose child's pid comes later
  uintptr_t thread; // 0: free
  struct slv_cell *cell;
};

// The fork under way; written with the lock of all objects.
static SLV_HOT_FORK uintptr_t fork_thread; // which thread prepared it; 0 none
static SLV_HOT_FORK uint64_t fork_mask;
static SLV_HOT_FORK struct slv_cell *fork_cell;
static SLV_HOT_FORK struct forked forked[FORKED];

// The cell that handler_parent() left for the hook of this thread, which knows the child's pid. No
// thread-local variable: its page would be one more that every fork makes the parent copy.
// Context: any
struct slv_cell *slv_fork_taken(void) {
  uintptr_t self = slv_thread();
  for (int i = 0; i < FORKED; i++) {
    struct forked *f = &forked[i];
    if (__atomic_load_n(&f->thread, __ATOMIC_ACQUIRE) != self) continue;
    struct slv_cell *cell = f->cell;
    __atomic_store_n(&f->thread, 0, __ATOMIC_RELEASE);
    return cell;
  }
  return NULL;
}

// With the lock held. When more threads than there is room for are forking, the cell goes without the
// pid as its parent sees it. Context: any
static void leave_forked(struct slv_cell *cell) {
  for (int i = 0; i < FORKED; i++) {
    struct forked *f = &forked[i];
    if (__atomic_load_n(&f->thread, __ATOMIC_ACQUIRE) != 0) continue;
    f->cell = cell;
    __atomic_store_n(&f->thread, slv_thread(), __ATOMIC_RELEASE);
    return;
  }
}

// Context: any
void slv_fork_prepare(void) {
  if (!slv_process.active || slv_is_vfork_child()) return;
  uint64_t mask;
  slv_objects_lock(&mask);
  slv_fork_taken(); // of a fork inside libc, whose caller no hook is
  slv_primed_prepare();
  fork_thread = slv_thread();
  fork_mask = mask;
  fork_cell = slv_cell_announce_fork();
  slv_counters_fork_prepare();
}

// Context: any
void slv_fork_parent(pid_t child) {
  // Another thread's fork, or none: this one is of a vfork child, which prepared nothing.
  if (!slv_process.active || fork_thread != slv_thread()) return;
  struct slv_cell *cell = fork_cell;
  uint64_t mask = fork_mask;
  fork_thread = 0;
  if (cell != NULL && child > 0) cell->outer_pid = child;
  if (child < 0) slv_cell_cancel(cell, -child);
  if (cell != NULL && child == 0) leave_forked(cell);
  slv_reserve_parent();
  slv_objects_unlock(&mask);
}

// Context: any
void slv_fork_child(void) {
  // Not prepared: forked by a vfork child, which exec soon follows.
  if (!slv_process.active || fork_thread == 0) return;
  uint64_t mask = fork_mask;
  fork_thread = 0;
  for (int i = 0; i < FORKED; i++) forked[i].thread = 0; // the parent's
  slv_ledger_enter_fork(fork_cell);
  slv_debug("forked", slv_process.cell->kind, NULL);
  slv_counters_fork_child();
  slv_python_guard_fork_child();
  slv_saver_fork_child();
  if (slv_process.cell->flags & SLV_FLAG_PYTHON) slv_python_fork_child();
  slv_signals_fork_child();
  if (mask != SLV_MASK_UNCHANGED) slv_signals_restore(&mask);
}

// Context: any
static void handler_parent(void) { slv_fork_parent(0); }

// Context: any
static void register_handlers(void) {
  atfork_function *real = SLV_REAL(__register_atfork);
  if (real != NULL) {
    real(slv_fork_prepare, handler_parent, slv_fork_child, NULL);
  } else {
    __typeof__(pthread_atfork) *musl = slv_next("pthread_atfork");
    if (musl != NULL) musl(slv_fork_prepare, handler_parent, slv_fork_child);
  }
}

// Context: any
void slv_fork_register(void) {
  static SLV_HOT uint32_t registered; // 1 while a thread does it
  uint32_t none = 0;
  uint64_t mask;
  if (__atomic_load_n(&registered, __ATOMIC_ACQUIRE) == 2) return;
  if (!slv_process.sandboxed)
    slv_signals_block(&mask); // a handler that forks would wait for itself
  if (__atomic_compare_exchange_n(&registered, &none, 1, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
    register_handlers();
    __atomic_store_n(&registered, 2, __ATOMIC_RELEASE);
  }
  while (__atomic_load_n(&registered, __ATOMIC_ACQUIRE) != 2) slv_sys_sched_yield();
  if (!slv_process.sandboxed) slv_signals_restore(&mask);
}
