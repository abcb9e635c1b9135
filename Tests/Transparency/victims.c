// Processes that others stop, continue and kill.
#include "subject.h"

#include <poll.h>

static void say_stop(pid_t child, int options) {
  siginfo_t info = {0};
  int status = 0;
  waitid(P_PID, (id_t)child, &info, options | WNOWAIT);
  pid_t got = waitpid(child, &status, options & WSTOPPED ? WUNTRACED : options & WCONTINUED ? WCONTINUED : 0);
  say("  signal %d code %d status %d child %d/%d %04x", info.si_signo, info.si_code, info.si_status,
      info.si_pid == child, got == child, (unsigned)status);
}

static volatile int continued;
static void count(int unused) { continued += unused != 0; }

// Stopped and continued, as its parent is told; with SIGCONT handled or not.
static void stops(const void *argument) {
  static const int numbers[] = {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};
  int number = numbers[*(const int *)argument % 4], handled = *(const int *)argument / 4, ends[2];
  char byte;
  if (pipe(ends) != 0) _exit(91);
  pid_t child = fork();
  if (child == 0) {
    close(ends[1]);
    if (handled) signal(SIGCONT, count);
    raise(number);
    while (read(ends[0], &byte, 1) < 0) continue;
    _exit(17 + continued);
  }
  say_stop(child, WSTOPPED);
  kill(child, SIGCONT);
  say_stop(child, WCONTINUED);
  close(ends[1]);
  say_stop(child, WEXITED);
}

struct victim {
  int state, way;
};

// Killed by its parent in every state: it must not say a word more than without the library.
static void victims(const void *argument) {
  const struct victim *v = argument;
  int ends[2], status = 0, got = 0;
  char byte;
  sigset_t all;
  struct timespec hour = {3600, 0};
  if (pipe(ends) != 0) _exit(91);
  pid_t child = fork();
  if (child == 0) {
    setpgid(0, 0);
    sigfillset(&all);
    if (v->state == 1 || v->state == 2) sigprocmask(SIG_SETMASK, &all, NULL);
    if (v->state == 5) while (vfork() == 0) pause();
    if (write(ends[1], "x", 1) != 1) _exit(90);
    switch (v->state) {
      case 0: say("  nanosleep %d", nanosleep(&hour, NULL)); break;
      case 1: say("  sigwait %d %d", sigwait(&all, &got), got); break;
      case 2: say("  ppoll %d", ppoll(NULL, 0, NULL, NULL)); break;
      case 3: say("  read %zd", read(ends[0], &byte, 0) + pause()); break;
      case 4: raise(SIGSTOP); break;
      default: pause(); break;
    }
    say("  went on after errno %d", errno);
    _exit(1);
  }
  if (v->state == 5) usleep(20000);
  else if (read(ends[0], &byte, 1) != 1) _exit(90);
  if (v->state == 4) waitpid(child, &status, WUNTRACED);
  int result = v->way == 0 ? kill(child, SIGKILL) : v->way == 1 ? kill(-child, SIGKILL)
                                                                : sigqueue(child, SIGKILL, (union sigval){0});
  say("  killed %d", result);
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  say("  status %04x again %d errno %d", (unsigned)status, kill(child, SIGKILL), errno);
  if (v->state == 5) kill(-child, SIGKILL);
}

void victim_cases(void) {
  for (int i = 0; i < 8; i++) run_case(stops, &i, "stopped child %d", i);
  for (int state = 0; state < 6; state++)
    for (int way = 0; way < 3; way++) {
      struct victim v = {state, way};
      run_case(victims, &v, "victim %d killed by %d", state, way);
    }
}
