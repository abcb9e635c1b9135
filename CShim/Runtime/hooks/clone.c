// clone() and the forks made through syscall(). With CLONE_VM the memory is shared and nothing is to
// do; without it the child is a fork child, whatever the other flags say.
#include "hooks/hooks.h"

#include <sched.h>
#include <stdarg.h>

#include "hooks/syscall.h"
#include "life/life.h"

struct trampoline {
  int (*function)(void *);
  void *argument;
};

// Runs first in the child, on the child's own stack, in its copy of our frame. Context: thread
static int enter(void *state) {
  struct trampoline *t = state;
  slv_fork_child();
  return t->function(t->argument);
}

// Context: thread
static int clone_hook(int (*function)(void *), void *stack, int flags, void *argument,
                      pid_t *parent, void *tls, pid_t *child) {
  __typeof__(clone) *real = SLV_REAL(clone);
  if ((flags & CLONE_VM) || function == NULL || stack == NULL || !slv_process.active)
    return real(function, stack, flags, argument, parent, tls, child);
  struct trampoline t = {function, argument};
  slv_fork_prepare();
  int pid = real(enter, stack, flags, &t, parent, tls, child);
  slv_fork_parent(pid < 0 ? -errno : pid);
  return pid;
}

// The three optional arguments are passed on as they are found: reading one that the caller did not
// give is harmless on both processors, they are in registers or above our frame. Context: thread
#define CLONE_BODY                       \
  va_list rest;                          \
  va_start(rest, argument);              \
  pid_t *parent = va_arg(rest, pid_t *); \
  void *tls = va_arg(rest, void *);      \
  pid_t *child = va_arg(rest, pid_t *);  \
  va_end(rest);                          \
  return clone_hook(function, stack, flags, argument, parent, tls, child)

// Context: thread
SLV_EXPORT int clone(int (*function)(void *), void *stack, int flags, void *argument, ...) {
  CLONE_BODY;
}

// Context: thread
SLV_EXPORT int __clone(int (*function)(void *), void *stack, int flags, void *argument, ...);
int __clone(int (*function)(void *), void *stack, int flags, void *argument, ...) { CLONE_BODY; }

// A fork through syscall(): the child returns through our frames, of which it has a copy. A child
// with a stack of its own could not. Context: thread
long slv_syscall_fork(long number, long a, long b, long c, long d, long e) {
  slv_fork_prepare();
  long pid = slv_syscall6(number, a, b, c, d, e, 0);
  if (pid == 0) slv_fork_child();
  else slv_fork_parent((pid_t)pid);
  return pid;
}
