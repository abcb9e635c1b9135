// Forks: pthread_atfork handlers do the work, for they also see forks that libc makes for itself;
// the hooks add the child's pid, and the forks that run no handlers: _Fork, clone without CLONE_VM,
// syscall(). vfork and posix_spawn share memory and need nothing; vfork can't be hooked in C.
#include <sched.h>
#include <pty.h>
#include <stdarg.h>
#include <unistd.h>

#include "counters.h"
#include "hook_exit.h"
#include "python_guard.h"
#include "python_recorder.h"
#include "recording.h"
#include "signals.h"

typedef int atfork_function(void (*)(void), void (*)(void), void (*)(void), void *);
atfork_function __register_atfork;

// The cell that handler_parent() left for the hook of this thread, which knows the child's pid. No
// thread-local variable: its page would be one more that every fork makes the parent copy.
// Context: thread
static struct slv_cell *take_forked(void) {
  uintptr_t self = slv_thread();
  for (int i = 0; i < SLV_FORKED; i++) {
    struct slv_forked *f = &slv_process.forked[i];
    if (__atomic_load_n(&f->thread, __ATOMIC_ACQUIRE) != self) continue;
    struct slv_cell *cell = f->cell;
    __atomic_store_n(&f->thread, 0, __ATOMIC_RELEASE);
    return cell;
  }
  return NULL;
}

// With the lock held. When more threads than there is room for are forking, the cell goes without the
// pid as its parent sees it. Context: thread
static void leave_forked(struct slv_cell *cell) {
  for (int i = 0; i < SLV_FORKED; i++) {
    struct slv_forked *f = &slv_process.forked[i];
    if (__atomic_load_n(&f->thread, __ATOMIC_ACQUIRE) != 0) continue;
    f->cell = cell;
    __atomic_store_n(&f->thread, slv_thread(), __ATOMIC_RELEASE);
    return;
  }
}

// Context: thread
void slv_fork_prepare(void) {
  if (!slv_process.active || slv_is_vfork_child()) return;
  uint64_t mask;
  slv_counters_lock(&mask);
  take_forked(); // of a fork inside libc, whose caller no hook is
  slv_exit_prepare();
  slv_profile_fork_prepare();
  slv_process.fork_thread = slv_thread();
  slv_process.fork_mask = mask;
  slv_process.fork_cell = slv_cell_announce_fork();
  slv_counters_fork_prepare();
}

// Context: thread
void slv_fork_parent(pid_t child) {
  // Another thread's fork, or none: this one is of a vfork child, which prepared nothing.
  if (!slv_process.active || slv_process.fork_thread != slv_thread()) return;
  struct slv_cell *cell = slv_process.fork_cell;
  uint64_t mask = slv_process.fork_mask;
  slv_process.fork_thread = 0;
  if (cell != NULL && child > 0) cell->outer_pid = child;
  if (child < 0) slv_cell_cancel(cell, -child);
  if (cell != NULL && child == 0) leave_forked(cell);
  slv_reserve_parent();
  slv_counters_unlock(&mask);
}

// Context: thread
void slv_fork_child(void) {
  // Not prepared: forked by a vfork child, which exec soon follows.
  if (!slv_process.active || slv_process.fork_thread == 0) return;
  uint64_t mask = slv_process.fork_mask;
  slv_process.fork_thread = 0;
  for (int i = 0; i < SLV_FORKED; i++) slv_process.forked[i].thread = 0; // the parent's
  slv_ledger_enter_fork(slv_process.fork_cell);
  slv_counters_fork_child();
  slv_python_guard_fork_child();
  slv_saver_fork_child();
  if (slv_process.cell->flags & SLV_FLAG_PYTHON) slv_python_fork_child();
  slv_signals_fork_child();
  if (mask != SLV_MASK_UNCHANGED) slv_signals_restore(&mask);
}

// Context: thread
static void handler_parent(void) { slv_fork_parent(0); }

// Context: any
void slv_fork_register(void) {
  static SLV_HOT uint32_t registered; // 1 while a thread does it
  uint32_t none = 0;
  uint64_t mask;
  if (__atomic_load_n(&registered, __ATOMIC_ACQUIRE) == 2) return;
  if (!slv_process.sandboxed)
    slv_signals_block(&mask); // a handler that forks would wait for itself
  if (__atomic_compare_exchange_n(&registered, &none, 1, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
    atfork_function *real = SLV_REAL(__register_atfork);
    if (real != NULL) real(slv_fork_prepare, handler_parent, slv_fork_child, NULL);
    __atomic_store_n(&registered, 2, __ATOMIC_RELEASE);
  }
  while (__atomic_load_n(&registered, __ATOMIC_ACQUIRE) != 2) slv_sys_sched_yield();
  if (!slv_process.sandboxed) slv_signals_restore(&mask);
}

// What pthread_atfork, which is in libc's static part, calls. Ours are registered first, so prepare
// runs last and the others first; but only in a life that has counters, or forks, or registers
// something: libc's page is one that most processes never write to. Context: thread
SLV_EXPORT int __register_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void),
                                 void *library) {
  if (slv_process.active) slv_fork_register();
  atfork_function *real = SLV_REAL(__register_atfork);
  return real != NULL ? real(prepare, parent, child, library) : ENOMEM;
}

// The functions of libc that fork by themselves. Context: thread
SLV_EXPORT int daemon(int stay, int keep_streams) {
  if (slv_process.active) slv_fork_register();
  return SLV_REAL(daemon)(stay, keep_streams);
}

// In libutil until glibc 2.34, where it calls fork by name. Context: thread
SLV_EXPORT pid_t forkpty(int *terminal, char *name, const struct termios *modes,
                         const struct winsize *size) {
  if (slv_process.active) slv_fork_register();
  __typeof__(forkpty) *real = SLV_REAL(forkpty);
  if (real != NULL) return real(terminal, name, modes, size);
  errno = ENOSYS;
  return -1;
}

// What a fork returned, to the cell that prepare announced. Context: thread
static pid_t returned(pid_t child) {
  struct slv_cell *cell = child != 0 ? take_forked() : NULL;
  if (cell == NULL) return child;
  if (child > 0) cell->outer_pid = child;
  else slv_cell_cancel(cell, errno);
  return child;
}

// Context: thread
SLV_EXPORT pid_t fork(void) {
  if (slv_process.active) slv_fork_register();
  slv_fork_from(__builtin_frame_address(0));
  return returned(SLV_REAL(fork)());
}

// Context: thread
SLV_EXPORT pid_t __fork(void);
pid_t __fork(void) {
  if (slv_process.active) slv_fork_register();
  slv_fork_from(__builtin_frame_address(0));
  return returned(SLV_REAL(fork)());
}

// Runs no atfork handlers, and may be called in a signal handler. Context: any
SLV_EXPORT pid_t _Fork(void) {
  pid_t (*real)(void) = SLV_REAL(_Fork);
  if (real == NULL) { // glibc before 2.34: nobody can have linked against it
    errno = ENOSYS;
    return -1;
  }
  slv_fork_from(__builtin_frame_address(0));
  slv_fork_prepare();
  pid_t child = real();
  if (child == 0) slv_fork_child();
  else slv_fork_parent(child < 0 ? -errno : child);
  return child;
}
