// Becomes others, step by step: PROGRAM TALLY STEP… After each step it works, and looks whether its own data,
// which lies beside the counters, is still its own. Exit code 0, 3 where it is not, 4 where a step failed.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define OTHER 65534
static unsigned long *tally;
static int data = 42, zero, beside[64];

static void work(void) { __atomic_fetch_add(tally, 1, __ATOMIC_SEQ_CST); } // line "work"

static void check(int expected) {
  if (data != 42 || zero != expected || beside[3] != expected) _exit(3);
}

static int capabilities(void) {
  struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[2] = {{0}};
  sets[0].effective = sets[0].permitted = 1u << CAP_SETUID | 1u << CAP_SETGID;
  return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) | (int)syscall(SYS_capset, &head, sets);
}

static int seccomp(void) {
#define ALLOW(n) \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, n, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      ALLOW(SYS_clone),
      ALLOW(SYS_wait4),
      ALLOW(SYS_exit_group),
      ALLOW(SYS_rt_sigprocmask),
      ALLOW(SYS_set_robust_list),
      ALLOW(SYS_getpid),
      ALLOW(SYS_gettid),
      ALLOW(SYS_rseq),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)};
  struct sock_fprog program = {sizeof code / sizeof code[0], code};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) |
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int landlock(void) {
  struct {
    unsigned long files;
  } rules = {(1ul << 13) - 1}; // LANDLOCK_ACCESS_FS_* of its first version: nothing is allowed
  int set = (int)syscall(444, &rules, sizeof rules, 0);
  return set < 0 ? 0 : prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) | (int)syscall(446, set, 0);
}

static int forks(int killed) {
  int status;
  pid_t child = fork();
  if (child == 0) {
    check(zero);
    data = 7, zero = 99, beside[3] = 98;
    work();
    if (killed) kill(getpid(), SIGKILL);
    _exit(0);
  }
  waitpid(child, &status, 0);
  return status != (killed ? SIGKILL : 0);
}

static int vforks(char **v) {
  int status;
  char *next[] = {v[0], v[1], "end", NULL};
  pid_t child = vfork();
  if (child == 0) {
    execv("/proc/self/exe", next);
    _exit(127);
  }
  waitpid(child, &status, 0);
  return status;
}

static int step(const char *name, char **v) {
  if (!strcmp(name, "setuid")) return setuid(OTHER);
  if (!strcmp(name, "seteuid")) return seteuid(OTHER);
  if (!strcmp(name, "back")) return seteuid(0);
  if (!strcmp(name, "setreuid")) return setreuid(OTHER, OTHER);
  if (!strcmp(name, "setresuid")) return setresuid(-1, OTHER, 0);
  if (!strcmp(name, "setfsuid")) return setfsuid(OTHER) != 0;
  if (!strcmp(name, "setgid")) return setgid(OTHER);
  if (!strcmp(name, "initgroups")) return initgroups("nobody", OTHER);
  if (!strcmp(name, "capset")) return capabilities();
  if (!strcmp(name, "newuser")) return unshare(CLONE_NEWUSER);
  if (!strcmp(name, "chroot")) return chroot("/proc/self/fdinfo") != 0 && errno != EPERM;
  if (!strcmp(name, "landlock")) return landlock();
  if (!strcmp(name, "seccomp")) return seccomp();
  if (!strcmp(name, "fork")) return forks(0);
  if (!strcmp(name, "kill")) return forks(1);
  if (!strcmp(name, "vfork")) return vforks(v);
  return strcmp(name, "end");
}

int main(int argc, char **argv) {
  int file = open(argv[1], O_RDWR | O_CLOEXEC);
  tally = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (file < 0 || tally == MAP_FAILED) return 5;
  zero = beside[3] = argc;
  for (int i = 2; i < argc; i++) {
    if (!strcmp(argv[i], "exec")) {
      char *name = argv[0], *file = argv[1];
      argv[i - 1] = name, argv[i] = file;
      execv("/proc/self/exe", argv + i - 1);
    }
    if (step(argv[i], argv) != 0) _exit(4);
    work();
    check(argc);
  }
  _exit(0);
}
