// A seccomp filter that kills for almost every system call: one of the shim's own would show.
#include "subject.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/time.h>

#define ALLOW(number) \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), \
  BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static void enter(int way) {
  struct sock_filter filter[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    ALLOW(SYS_read), ALLOW(SYS_write), ALLOW(SYS_exit_group), ALLOW(SYS_exit), ALLOW(SYS_rt_sigreturn),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)};
  struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  int result;
  if (way == 0) result = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
  else if (way == 1) result = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
  else result = prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0);
  say("  sandbox %d", result);
}

static void body(const void *argument) {
  int way = *(const int *)argument % 3, what = *(const int *)argument / 3;
  struct itimerval soon = {.it_value = {0, 50000}};
  struct sigaction action = {.sa_handler = record_handler};
  if (what == 2) setitimer(ITIMER_REAL, &soon, NULL);
  if (what == 8) signal(SIGSEGV, _exit);
  enter(way);
  switch (what) {
    case 0: syscall(SYS_exit, 7); break;
    case 1: *(volatile int *)0x1234 = 1; break;
    case 2: for (;;) ;
    case 3: raise(SIGTERM); break;
    case 4: sigaction(SIGTERM, &action, NULL); break;
    case 5: fork(); break;
    case 6: __builtin_trap();
    case 7: _exit(8);
    case 8: *(volatile int *)0x1234 = 1; break;
    case 9: exit(9);
    case 10: abort();
    case 11: waitpid(-1, NULL, 0); break;
    default: break;
  }
  say("  alive");
}

void sandbox_cases(void) {
  for (int i = 0; i < 36; i++) run_case(body, &i, "sandbox %d", i);
}
