// Forks: pthread_atfork handlers do the work, for they also see forks that libc makes for itself;
// the hooks add the child's pid, and the forks that run no handlers: _Fork, clone without CLONE_VM,
// syscall(). vfork and posix_spawn share memory and need nothing; vfork can't be hooked in C.
#include <sched.h>
#include <stdarg.h>
#include <unistd.h>

#include "counters.h"
#include "recording.h"
#include "signals.h"

static __thread struct slv_cell *forked; // for the hook that will know the child's pid

// Context: thread
void slv_fork_prepare(void) {
  forked = NULL;
  if (!slv_process.active || slv_is_vfork_child()) return;
  uint64_t mask;
  slv_counters_lock(&mask);
  slv_process.fork_prepared = 1;
  slv_process.fork_mask = mask;
  slv_process.fork_cell = slv_cell_announce(SLV_KIND_FORK);
  slv_counters_fork_prepare();
}

// Context: thread
void slv_fork_parent(pid_t child) {
  if (!slv_process.active || slv_is_vfork_child()) return;
  struct slv_cell *cell = slv_process.fork_cell;
  uint64_t mask = slv_process.fork_mask;
  slv_process.fork_prepared = 0;
  if (cell != NULL && child > 0) cell->outer_pid = child;
  if (child < 0) slv_cell_cancel(cell, -child);
  forked = child == 0 ? cell : NULL;
  slv_counters_unlock(&mask);
}

// Context: thread
void slv_fork_child(void) {
  // Not prepared: forked by a vfork child, which exec soon follows.
  if (!slv_process.active || !slv_process.fork_prepared) return;
  uint64_t mask = slv_process.fork_mask;
  slv_process.fork_prepared = 0;
  slv_ledger_enter_fork(slv_process.fork_cell);
  slv_counters_fork_child();
  slv_signals_fork_child();
  if (mask != SLV_MASK_UNCHANGED) slv_signals_restore(&mask);
}

// Context: thread
static void handler_parent(void) {
  slv_fork_parent(0);
}

// Context: constructor
void slv_fork_register(void) {
  // Registered first, so prepare runs last and the others first. pthread_atfork itself is in libc's
  // static part; this is what it calls, with our module's handle so that dlclose could find it.
  extern int __register_atfork(void (*)(void), void (*)(void), void (*)(void), void *);
  __register_atfork(slv_fork_prepare, handler_parent, slv_fork_child, NULL);
}

// What a fork returned, to the cell that prepare announced. Context: thread
static pid_t returned(pid_t child) {
  struct slv_cell *cell = forked;
  forked = NULL;
  if (cell == NULL || child == 0) return child;
  if (child > 0) cell->outer_pid = child;
  else slv_cell_cancel(cell, errno);
  return child;
}

// Context: thread
SLV_EXPORT pid_t fork(void) {
  return returned(SLV_REAL(fork)());
}

// Context: thread
SLV_EXPORT pid_t __fork(void);
pid_t __fork(void) {
  return returned(SLV_REAL(fork)());
}

// Runs no atfork handlers, and may be called in a signal handler. Context: any
SLV_EXPORT pid_t _Fork(void) {
  pid_t (*real)(void) = SLV_REAL(_Fork);
  if (real == NULL) { // glibc before 2.34: nobody can have linked against it
    errno = ENOSYS;
    return -1;
  }
  slv_fork_prepare();
  pid_t child = real();
  if (child == 0) slv_fork_child();
  else slv_fork_parent(child < 0 ? -errno : child);
  return child;
}
