// Places from which the recording can no longer be reached: another root, another user, a sandbox.
#include "fixture.h"
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define END(name) static int name(const struct context *context)
#define NOBODY 65534

static void ends_by_kill(void) {
  times(child, 4);
  raise(SIGKILL);
}

static void empty_root(void) {
  if (mkdir("root", 0755) && errno != EEXIST) fail("mkdir");
  if (chroot("root") || chdir("/")) fail("chroot");
}

END(chroot_kill) {
  (void)context;
  empty_root();
  before();
  raise(SIGKILL);
  return 0;
}

END(chroot_fork) {
  (void)context;
  neighbours_set(7);
  before();
  empty_root();
  pid_t pid = fork();
  if (pid == 0) {
    neighbours_set(99);
    ends_by_kill();
  }
  reap("child", pid);
  neighbours_say("parent");
  parent_goes_on();
  return 91;
}

// The argument is a directory with a loader, a libc and a copy of this program in it.
END(chroot_exec) {
  before();
  if (chroot(context->argument) || chdir("/")) fail("chroot");
  execl("/deaths", "/deaths", "/tally", "again", (char *)NULL);
  after();
  return 97;
}

static void become_nobody(void) {
  if (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY)) fail("setuid");
}

END(setuid_kill) {
  (void)context;
  become_nobody();
  before();
  raise(SIGKILL);
  return 0;
}

END(setuid_fork) {
  (void)context;
  become_nobody();
  before();
  pid_t pid = fork();
  if (pid == 0) ends_by_kill();
  reap("child", pid);
  parent_goes_on();
  return 92;
}

END(setuid_exec) {
  become_nobody();
  before();
  execl(SELF, context->argv[0], context->argv[1], "again", "kill", (char *)NULL);
  after();
  return 97;
}

END(syscall_setuid_exec) {
  if (syscall(SYS_setresgid, NOBODY, NOBODY, NOBODY) ||
      syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY))
    fail("setresuid");
  before();
  execl(context->argv[0], context->argv[0], context->argv[1], "again", "kill", (char *)NULL);
  after();
  return 97;
}

END(seteuid_spawn) {
  if (seteuid(NOBODY)) fail("seteuid");
  before();
  pid_t pid = fork();
  if (pid == 0) {
    child();
    execl(context->argv[0], context->argv[0], context->argv[1], "again", (char *)NULL);
    _exit(96);
  }
  reap("child", pid);
  if (seteuid(0)) fail("seteuid");
  parent_goes_on();
  return 93;
}

END(seccomp_strict) {
  (void)context;
  before();
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT)) fail("prctl");
  survivor();
  syscall(SYS_exit, 94);
  after();
  return 0;
}

// read, write, exit and no more: everything else is the end.
END(seccomp_strict_violated) {
  (void)context;
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT)) fail("prctl");
  before();
  syscall(SYS_getpid);
  after();
  return 0;
}

// Whoever opens, locks or maps a file is killed; fork and the ends are allowed.
static void deny_files(uint32_t action) {
#define DENY(number) \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(number), 0, 1), BPF_STMT(BPF_RET | BPF_K, action)
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      DENY(SYS_openat),
      DENY(SYS_fcntl),
      DENY(SYS_fallocate),
      DENY(SYS_pwrite64),
      DENY(SYS_mmap),
      DENY(SYS_ftruncate),
      DENY(SYS_mremap),
      DENY(SYS_getrandom),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
    fail("seccomp");
}

END(seccomp_kill) {
  (void)context;
  deny_files(SECCOMP_RET_KILL_PROCESS);
  before();
  raise(SIGKILL);
  return 0;
}

END(seccomp_return) {
  (void)context;
  deny_files(SECCOMP_RET_KILL_PROCESS);
  before();
  return 95;
}

END(seccomp_fork) {
  (void)context;
  neighbours_set(7);
  deny_files(SECCOMP_RET_KILL_PROCESS);
  before();
  pid_t pid = fork();
  if (pid == 0) {
    neighbours_set(99);
    ends_by_kill();
  }
  reap("child", pid);
  neighbours_say("parent");
  parent_goes_on();
  _exit(96);
}

END(seccomp_violated) {
  (void)context;
  deny_files(SECCOMP_RET_KILL_PROCESS);
  before();
  syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY);
  after();
  return 0;
}

const struct death place_deaths[] = {
    {"chroot-kill", chroot_kill},
    {"chroot-fork", chroot_fork},
    {"chroot-exec", chroot_exec},
    {"setuid-kill", setuid_kill},
    {"setuid-fork", setuid_fork},
    {"setuid-exec", setuid_exec},
    {"setresuid-exec", syscall_setuid_exec},
    {"seteuid-spawn", seteuid_spawn},
    {"seccomp-strict", seccomp_strict},
    {"seccomp-strict-violated", seccomp_strict_violated},
    {"seccomp-kill", seccomp_kill},
    {"seccomp-return", seccomp_return},
    {"seccomp-fork", seccomp_fork},
    {"seccomp-violated", seccomp_violated},
    {NULL, NULL},
};
