// Forks: pthread_atfork handlers do the work, for they also see forks that libc makes for itself;
// the hooks add the child's pid, and the forks that run no handlers: _Fork, clone without CLONE_VM,
// syscall(). vfork and posix_spawn share memory and need nothing; vfork can't be hooked in C.
#include "hooks/hooks.h"

#include <pty.h>
#include <sched.h>
#include <stdarg.h>
#include <unistd.h>

#include "counters/counters.h"
#include "ledger/ledger.h"
#include "life/life.h"

typedef int atfork_function(void (*)(void), void (*)(void), void (*)(void), void *);
atfork_function __register_atfork;

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
  struct slv_cell *cell = child != 0 ? slv_fork_taken() : NULL;
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
