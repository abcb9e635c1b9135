// seccomp: after a filter has come, one of our system calls could kill the program. Filters that let
// ours pass, or refuse them with an error, change nothing.
#include "hooks/hooks.h"

#include <linux/seccomp.h>
#include <stdarg.h>
#include <sys/prctl.h>

#include "counters/counters.h"
#include "hooks/seccomp.h"
#include "signals/seccomp_filter.h"
#include "signals/signals.h"

// Filters are of one thread unless told otherwise; we keep quiet in all of them. Context: any
static void enter(void) {
  slv_counters_enter_sandbox();
  slv_signals_enter_sandbox();
  slv_process.sandboxed = 1;
  __atomic_fetch_or(&slv_process.cell->flags, SLV_FLAG_SANDBOXED, __ATOMIC_RELAXED);
}

// Context: any
static void leave(void) {
  slv_process.sandboxed = 0;
  slv_signals_leave_sandbox();
  __atomic_fetch_and(&slv_process.cell->flags, ~SLV_FLAG_SANDBOXED, __ATOMIC_RELAXED);
}

// True when a call that succeeds puts up a filter that we have to keep quiet under, the first of its
// kind. Programs also ask, with a NULL filter, whether there is seccomp at all. Context: any
static int enters(unsigned long mode, unsigned long filter) {
  if (!slv_may_call() || slv_is_vfork_child()) return 0;
  if (mode == SECCOMP_MODE_STRICT) return 1;
  return mode == SECCOMP_MODE_FILTER && filter != 0 &&
         slv_filter_is_harsh((const struct sock_fprog *)filter);
}

// Context: thread
SLV_EXPORT int prctl(int option, ...) {
  unsigned long a, b, c, d;
  va_list list;
  va_start(list, option);
  a = va_arg(list, unsigned long);
  b = va_arg(list, unsigned long);
  c = va_arg(list, unsigned long);
  d = va_arg(list, unsigned long);
  va_end(list);
  __typeof__(prctl) *real = SLV_REAL(prctl);
  if (option != PR_SET_SECCOMP) return real(option, a, b, c, d);
  int first = enters(a, b);
  if (first) enter();
  int result = real(option, a, b, c, d);
  if (first && result != 0) leave();
  return result;
}

// Context: any
long slv_syscall_prctl(long option, long a, long b, long c, long d) {
  int first = option == PR_SET_SECCOMP && enters((unsigned long)a, (unsigned long)b);
  if (first) enter();
  slv_word result = SLV_SYS5(SYS_prctl, option, a, b, c, d);
  if (first && result != 0) leave();
  return slv_answer(result);
}

// With SECCOMP_FILTER_FLAG_NEW_LISTENER success is a descriptor, with TSYNC failure a thread's id.
// Context: any
long slv_syscall_seccomp(unsigned operation, unsigned flags, void *arguments) {
  unsigned long mode = operation == SECCOMP_SET_MODE_STRICT   ? SECCOMP_MODE_STRICT
                       : operation == SECCOMP_SET_MODE_FILTER ? SECCOMP_MODE_FILTER
                                                              : 0;
  int first = enters(mode, (unsigned long)arguments);
  if (first) enter();
  slv_word result = SLV_SYS3(SYS_seccomp, operation, flags, arguments);
  int listener = (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0;
  if (first && result != 0 && (result < 0 || !listener)) leave();
  return slv_answer(result);
}
