// SIGKILL, which nobody can catch: noted by who sends it, and a process that sends it to itself saves
// what is private first.
#include "hooks.h"

#include <signal.h>

// True when a kill(2) of `pid` reaches this process too. Context: any
static int reaches_us(pid_t pid) {
  if (pid == 0 || pid == -1) return 1;
  return pid < 0 ? -pid == (pid_t)SLV_SYS1(SYS_getpgid, 0) : pid == slv_process.pid;
}

// Context: any
static int kills(int number) {
  return number == SIGKILL && slv_may_call() && !slv_is_vfork_child();
}

// Before the call: afterwards this process may be gone. Context: any
static void before(pid_t pid) {
  if (!reaches_us(pid)) return;
  slv_flush();
  slv_event(SLV_CELL_KILL, pid, SIGKILL);
}

// Context: any
static void after(pid_t pid, int result) {
  if (result == 0 && !reaches_us(pid)) slv_event(SLV_CELL_KILL, pid, SIGKILL);
}

// Context: any
SLV_EXPORT int kill(pid_t pid, int number) {
  if (!kills(number)) return SLV_REAL(kill)(pid, number);
  before(pid);
  int result = SLV_REAL(kill)(pid, number);
  after(pid, result);
  return result;
}

// Context: any
SLV_EXPORT int killpg(pid_t group, int number) {
  if (!kills(number) || group < 0) return SLV_REAL(killpg)(group, number);
  before(-group);
  int result = SLV_REAL(killpg)(group, number);
  after(-group, result);
  return result;
}

// Context: any
SLV_EXPORT int tgkill(pid_t pid, pid_t thread, int number) {
  int (*real)(pid_t, pid_t, int) = SLV_REAL(tgkill);
  if (kills(number) && pid > 0) before(pid);
  // glibc before 2.30 has none; then nobody can have linked against it either.
  int result = real != NULL ? real(pid, thread, number)
                            : (int)slv_answer(SLV_SYS3(SYS_tgkill, pid, thread, number));
  if (kills(number) && pid > 0) after(pid, result);
  return result;
}

// Context: any
SLV_EXPORT int sigqueue(pid_t pid, int number, const union sigval value) {
  if (!kills(number)) return SLV_REAL(sigqueue)(pid, number, value);
  before(pid);
  int result = SLV_REAL(sigqueue)(pid, number, value);
  after(pid, result);
  return result;
}

// Context: any
SLV_EXPORT int raise(int number) {
  if (kills(number)) before(slv_process.pid);
  return SLV_REAL(raise)(number);
}
