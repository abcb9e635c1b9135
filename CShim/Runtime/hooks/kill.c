// SIGKILL, which nobody can catch: noted by who sends it. A process that it reaches saves what is
// private first: this one by itself, others when they are asked (ledger/kill_notice.c).
#include "hooks/hooks.h"

#include <signal.h>

#include "hooks/kill.h"
#include "ledger/kill_notice.h"
#include "ledger/ledger.h"
#include "life/life.h"

// True when a kill(2) of `pid` reaches this process too. Context: any
static int reaches_us(pid_t pid) {
  if (pid == 0 || pid == -1) return 1;
  return pid < 0 ? -pid == (pid_t)SLV_SYS1(SYS_getpgid, 0) : pid == slv_process.pid;
}

// Context: any
static int kills(int number) {
  return number == SIGKILL && slv_may_call() && !slv_is_vfork_child();
}

// Before the call: afterwards this process may be gone. How many others were asked. Context: any
static int before(pid_t pid) {
  int asked = slv_notice_kill(pid);
  if (reaches_us(pid)) {
    slv_save();
    slv_note_flushed();
    slv_event(SLV_CELL_KILL, pid, SIGKILL);
  }
  return asked;
}

// Who was there when it was asked, and ended before the call, was killed as far as the caller can
// know. Context: any
static int after(pid_t pid, int result, int asked) {
  if (result != 0 && asked > 0 && errno == ESRCH) result = 0;
  if (reaches_us(pid)) // and did not: we are pid 1 of a namespace, or were not allowed to
    __atomic_fetch_and(&slv_process.cell->flags, ~SLV_FLAG_FLUSHED, __ATOMIC_RELAXED);
  else if (result == 0) slv_event(SLV_CELL_KILL, pid, SIGKILL);
  return result;
}

// Context: any
SLV_EXPORT int kill(pid_t pid, int number) {
  if (!kills(number)) return SLV_REAL(kill)(pid, number);
  int asked = before(pid);
  return after(pid, SLV_REAL(kill)(pid, number), asked);
}

// Context: any
SLV_EXPORT int killpg(pid_t group, int number) {
  if (!kills(number) || group < 0) return SLV_REAL(killpg)(group, number);
  int asked = before(-group);
  return after(-group, SLV_REAL(killpg)(group, number), asked);
}

// Context: any
SLV_EXPORT int tgkill(pid_t pid, pid_t thread, int number) {
  int (*real)(pid_t, pid_t, int) = SLV_REAL(tgkill);
  int noted = kills(number) && pid > 0, asked = noted ? before(pid) : 0;
  // glibc before 2.30 has none; then nobody can have linked against it either.
  int result = real != NULL ? real(pid, thread, number)
                            : (int)slv_answer(SLV_SYS3(SYS_tgkill, pid, thread, number));
  return noted ? after(pid, result, asked) : result;
}

// Context: any
SLV_EXPORT int sigqueue(pid_t pid, int number, const union sigval value) {
  if (!kills(number) || pid <= 0) return SLV_REAL(sigqueue)(pid, number, value);
  int asked = before(pid);
  return after(pid, SLV_REAL(sigqueue)(pid, number, value), asked);
}

// Context: any
SLV_EXPORT int raise(int number) {
  if (kills(number)) before(slv_process.pid);
  return SLV_REAL(raise)(number);
}

// Context: any
SLV_EXPORT int gsignal(int number) {
  if (kills(number)) before(slv_process.pid);
  return SLV_REAL(gsignal)(number);
}

// Context: any
SLV_EXPORT int pthread_kill(pthread_t thread, int number) {
  __typeof__(pthread_kill) *real = SLV_REAL(pthread_kill);
  if (kills(number)) before(slv_process.pid);
  return real != NULL ? real(thread, number) : ENOSYS; // in libpthread until glibc 2.34
}

// Context: any
SLV_EXPORT int pthread_sigqueue(pthread_t thread, int number, const union sigval value) {
  __typeof__(pthread_sigqueue) *real = SLV_REAL(pthread_sigqueue);
  if (kills(number)) before(slv_process.pid);
  return real != NULL ? real(thread, number, value) : ENOSYS;
}

int pidfd_send_signal(int file, int number, siginfo_t *info, unsigned flags);

// Who stands behind the descriptor is not noted: the wait status tells. Context: any
SLV_EXPORT int pidfd_send_signal(int file, int number, siginfo_t *info, unsigned flags) {
  int (*real)(int, int, siginfo_t *, unsigned) = SLV_REAL(pidfd_send_signal);
  if (kills(number)) slv_notice_descriptor(file);
  return real != NULL ? real(file, number, info, flags) // glibc before 2.36 has none
                      : (int)slv_answer(SLV_SYS4(SYS_pidfd_send_signal, file, number, info, flags));
}

// Of these calls the first argument names the process, the second or third the signal; only kill(2) can
// name several. tkill names a thread: of another process, only its first is looked up. Context: any
long slv_syscall_kill(long number, long a, long b, long c, long d) {
  int third = number == SYS_tgkill || number == SYS_rt_tgsigqueueinfo;
  int pid = (int)a, asked = 0, noted = kills((int)(third ? c : b));
  if (noted && number == SYS_pidfd_send_signal) {
    slv_notice_descriptor(pid);
    noted = 0;
  }
  if (number != SYS_kill && pid <= 0) noted = 0;
  if (noted && number == SYS_tkill && SLV_SYS3(SYS_tgkill, slv_process.pid, pid, 0) == 0)
    pid = slv_process.pid;
  if (noted) asked = before(pid);
  long result = slv_answer(SLV_SYS4(number, a, b, c, d));
  return noted ? after(pid, (int)result, asked) : result;
}
