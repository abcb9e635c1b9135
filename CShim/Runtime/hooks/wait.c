// The wait family: how a child ended is known to who collects it, also for SIGKILL.
#include "hooks/hooks.h"

#include <sys/wait.h>

#include "hooks/wait.h"
#include "ledger/ledger.h"

pid_t __wait(int *status);
pid_t __waitpid(pid_t pid, int *status, int options);

// Stopped and continued children are no deaths. Context: any
static void note(pid_t pid, int status) {
  if (pid <= 0 || !slv_process.active) return;
  if (WIFEXITED(status) || WIFSIGNALED(status)) slv_reap(pid, status);
}

// A wait status as of wait(2) from what waitid(2) tells. Context: any
static void note_info(const siginfo_t *info) {
  int status = info->si_status;
  if (info->si_code == CLD_EXITED) note(info->si_pid, (status & 0xff) << 8);
  if (info->si_code == CLD_KILLED) note(info->si_pid, status & 0x7f);
  if (info->si_code == CLD_DUMPED) note(info->si_pid, (status & 0x7f) | 0x80);
}

// The caller's own pointer goes to libc, for it may be one that the kernel refuses; it is read only
// after the kernel has written to it. Context: thread
SLV_EXPORT pid_t waitpid(pid_t pid, int *status, int options) {
  int own = 0, *to = status != NULL ? status : &own;
  pid_t got = SLV_REAL(waitpid)(pid, to, options);
  if (got > 0) note(got, *to);
  return got;
}

// Context: thread
SLV_EXPORT pid_t __waitpid(pid_t pid, int *status, int options) {
  int own = 0, *to = status != NULL ? status : &own;
  pid_t got = SLV_REAL(__waitpid)(pid, to, options);
  if (got > 0) note(got, *to);
  return got;
}

// Context: thread
SLV_EXPORT pid_t wait(int *status) {
  int own = 0, *to = status != NULL ? status : &own;
  pid_t got = SLV_REAL(wait)(to);
  if (got > 0) note(got, *to);
  return got;
}

// Context: thread
SLV_EXPORT pid_t __wait(int *status) {
  int own = 0, *to = status != NULL ? status : &own;
  pid_t got = SLV_REAL(__wait)(to);
  if (got > 0) note(got, *to);
  return got;
}

// Context: thread
SLV_EXPORT pid_t wait3(int *status, int options, struct rusage *usage) {
  int own = 0, *to = status != NULL ? status : &own;
  pid_t got = SLV_REAL(wait3)(to, options, usage);
  if (got > 0) note(got, *to);
  return got;
}

// Context: thread
SLV_EXPORT pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage) {
  int own = 0, *to = status != NULL ? status : &own;
  pid_t got = SLV_REAL(wait4)(pid, to, options, usage);
  if (got > 0) note(got, *to);
  return got;
}

// With WNOHANG and nobody there, the kernel says pid 0. Context: thread
SLV_EXPORT int waitid(idtype_t type, id_t id, siginfo_t *info, int options) {
  siginfo_t own, *to = info != NULL ? info : &own;
  own.si_pid = 0;
  int result = SLV_REAL(waitid)(type, id, to, options);
  if (result == 0) note_info(to);
  return result;
}

// Context: any
long slv_syscall_wait4(pid_t pid, int *status, int options, struct rusage *usage) {
  int own = 0, *to = status != NULL ? status : &own;
  slv_word got = SLV_SYS4(SYS_wait4, pid, to, options, usage);
  if (got > 0) note((pid_t)got, *to);
  return slv_answer(got);
}

// Context: any
long slv_syscall_waitid(int type, id_t id, siginfo_t *info, int options, struct rusage *usage) {
  siginfo_t own, *to = info != NULL ? info : &own;
  own.si_pid = 0;
  slv_word result = SLV_SYS5(SYS_waitid, type, id, to, options, usage);
  if (result == 0) note_info(to);
  return slv_answer(result);
}
