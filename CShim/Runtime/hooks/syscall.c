// The numbers of syscall() that are hooked, and what each does. hooks/syscall.S comes here for these alone.
#include "hooks/hooks.h"

#include <linux/sched.h>
#include <sched.h>
#include <unistd.h>

#include "hooks/exec.h"
#include "hooks/exit.h"
#include "hooks/identity.h"
#include "hooks/kill.h"
#include "hooks/protect.h"
#include "hooks/seccomp.h"
#include "hooks/syscall.h"
#include "hooks/wait.h"
#include "launch/environment.h"
#include "signals/signals.h"

SLV_HOT uint64_t slv_syscall_numbers[8] __attribute__((visibility("hidden")));
SLV_HOT void *slv_syscall_next __attribute__((visibility("hidden")));

// Context: any
long slv_syscall_failed(long result) {
  errno = (int)-result;
  return -1;
}

// Context: constructor
static void take(long number) { slv_syscall_numbers[number / 64] |= 1ull << number % 64; }

// Context: constructor
void slv_syscall_start(void) {
  slv_syscall_next = slv_next("syscall");
#ifdef SYS_fork
  take(SYS_fork);
#endif
  take(SYS_clone);
  take(SYS_clone3);
  take(SYS_execve);
  take(SYS_execveat);
  take(SYS_exit);
  take(SYS_exit_group);
  take(SYS_rt_sigaction);
  take(SYS_kill);
  take(SYS_tkill);
  take(SYS_tgkill);
  take(SYS_rt_sigqueueinfo);
  take(SYS_rt_tgsigqueueinfo);
  take(SYS_pidfd_send_signal);
  take(SYS_wait4);
  take(SYS_waitid);
  take(SYS_setuid);
  take(SYS_setgid);
  take(SYS_setreuid);
  take(SYS_setregid);
  take(SYS_setresuid);
  take(SYS_setresgid);
  take(SYS_prctl);
  take(SYS_seccomp);
  take(SYS_mprotect);
  take(SYS_pkey_mprotect);
}

// Context: any
static long result_of(long raw) { return raw < 0 && raw >= -4095 ? slv_syscall_failed(raw) : raw; }

// A clone3 that makes a process with memory of its own. `size` tells old kernels from new ones, and a
// NULL or short structure is a question whether there is a clone3: the kernel answers. Context: any
static int is_clone3_fork(const void *structure, size_t size) {
  struct clone_args args;
  const size_t bytes = CLONE_ARGS_SIZE_VER0;
  if (size < bytes || structure == NULL || slv_wild(structure)) return 0;
  struct iovec from = {(void *)(uintptr_t)structure, bytes}, to = {&args, bytes};
  long got = -EPERM;
  if (!slv_process.sandboxed) {
    got = SLV_SYS6(SYS_process_vm_readv, slv_sys_getpid(), &to, 1, &from, 1, 0);
  }
  if (got == -EPERM || got == -ENOSYS) slv_copy(&args, structure, bytes); // nobody to ask
  else if (got != (long)bytes) return 0;
  return (args.flags & CLONE_VM) == 0 && args.stack == 0;
}

// The flags and stack of a clone that makes a process with memory of its own. Context: any
static int is_fork(long number, long a, long b) {
#ifdef SYS_fork
  if (number == SYS_fork) return 1;
#endif
  if (number == SYS_clone) return (a & CLONE_VM) == 0 && b == 0;
  return number == SYS_clone3 && is_clone3_fork((const void *)a, (size_t)b);
}

// Context: any
long slv_syscall_dispatch(long number, long a, long b, long c, long d, long e, long f)
    __attribute__((visibility("hidden")));
long slv_syscall_dispatch(long number, long a, long b, long c, long d, long e, long f) {
  if (is_fork(number, a, b)) return result_of(slv_syscall_fork(number, a, b, c, d, e));
  switch (number) {
    case SYS_execve:
      return slv_syscall_execve((const char *)a, (char *const *)b, (char *const *)c);
    case SYS_execveat:
      return slv_syscall_execveat((int)a, (const char *)b, (char *const *)c, (char *const *)d,
                                  (int)e);
    case SYS_wait4:
      return slv_syscall_wait4((pid_t)a, (int *)b, (int)c, (struct rusage *)d);
    case SYS_waitid:
      return slv_syscall_waitid((int)a, (id_t)b, (siginfo_t *)c, (int)d, (struct rusage *)e);
    case SYS_rt_sigaction:
      return result_of(slv_syscall_rt_sigaction((int)a, (const void *)b, (void *)c, (size_t)d));
    case SYS_kill:
    case SYS_tkill:
    case SYS_tgkill:
    case SYS_rt_sigqueueinfo:
    case SYS_rt_tgsigqueueinfo:
    case SYS_pidfd_send_signal:
      return slv_syscall_kill(number, a, b, c, d);
    case SYS_setuid:
    case SYS_setgid:
    case SYS_setreuid:
    case SYS_setregid:
    case SYS_setresuid:
    case SYS_setresgid:
      return slv_syscall_identity(number, a, b, c);
    case SYS_prctl:
      return slv_syscall_prctl(a, b, c, d, e);
    case SYS_seccomp:
      return slv_syscall_seccomp((unsigned)a, (unsigned)b, (void *)c);
    case SYS_mprotect:
    case SYS_pkey_mprotect:
      return slv_syscall_protect(number, a, b, c, d);
    case SYS_exit:
      slv_syscall_exit((int)a);
      break;
    case SYS_exit_group:
      slv_syscall_exit_group((int)a);
      break;
    default:
      break;
  }
  long (*next)(long, ...) = slv_syscall_next;
  return next != NULL ? next(number, a, b, c, d, e, f)
                      : result_of(slv_syscall6(number, a, b, c, d, e, f));
}
