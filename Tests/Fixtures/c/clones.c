// clone() and the raw system calls, with the flags that decide what is shared.
#include "fixture.h"
#include <sched.h>
#include <linux/sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define END(name) static int name(const struct context *context)

static char *stack_top(void) {
  char *stack = (char *)mmap(NULL, 1 << 18, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  return stack + (1 << 18);
}

static int cloned(void *argument) {
  neighbours_set(99);
  times(child, 5);
  if (argument) syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
  return 43;
}

static int with_flags(int flags, int killed) {
  neighbours_set(7);
  times(before, 3);
  pid_t pid = clone(cloned, stack_top(), flags, killed ? (void *)&with_flags : NULL);
  reap("child", pid);
  neighbours_say("parent");
  times(parent_goes_on, 2);
  return 44;
}

// A copy of the memory, an own stack.
END(clone_copy) { return with_flags(SIGCHLD, context->argument != NULL); }
END(clone_files) { return with_flags(SIGCHLD | CLONE_FILES | CLONE_FS, context->argument != NULL); }
// No signal at the end: wait needs __WALL.
END(clone_silent) { return with_flags(0, context->argument != NULL); }
// One memory for both: the child's stores are the parent's, its counts too.
END(clone_shared) { return with_flags(SIGCHLD | CLONE_VM, context->argument != NULL); }
END(clone_vfork) { return with_flags(SIGCHLD | CLONE_VM | CLONE_VFORK, context->argument != NULL); }
END(clone_vfork_copy) { return with_flags(SIGCHLD | CLONE_VFORK, context->argument != NULL); }

// The child is the caller's sibling: its parent is waited for by the grandparent.
END(clone_parent) {
  (void)context;
  pid_t pid = fork();
  if (pid == 0) {
    before();
    if (clone(cloned, stack_top(), SIGCHLD | CLONE_PARENT, (void *)&with_flags) < 0) fail("clone");
    _exit(0);
  }
  reap_all("root");
  parent_goes_on();
  return 0;
}

static int raw(long pid) {
  if (pid == 0) {
    neighbours_set(99);
    times(child, 5);
    raise(SIGKILL);
  }
  reap("child", (pid_t)pid);
  neighbours_say("parent");
  times(parent_goes_on, 2);
  return 45;
}

#ifdef SYS_fork
END(syscall_fork) {
  (void)context;
  neighbours_set(7);
  before();
  return raw(syscall(SYS_fork));
}
#endif

END(syscall_clone) {
  (void)context;
  neighbours_set(7);
  before();
  return raw(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}

END(syscall_clone3) {
  (void)context;
  struct clone_args args;
  memset(&args, 0, sizeof args);
  args.exit_signal = SIGCHLD;
  neighbours_set(7);
  before();
  return raw(syscall(SYS_clone3, &args, sizeof args));
}

// Passes no function that anybody could hook: counts stay right, but parent and child share the
// pages that hold counters (docs/Deaths.md).
END(inline_fork) {
  (void)context;
  before();
#if defined(__x86_64__)
  long pid;
  __asm__ volatile("syscall" : "=a"(pid) : "a"(SYS_fork) : "rcx", "r11", "memory");
  if (pid == 0) {
    times(child, 5);
    syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
  }
  reap("child", (pid_t)pid);
#endif
  times(parent_goes_on, 2);
  return 46;
}

static int init_of_namespace(void *argument) {
  (void)argument;
  child();
  if (getpid() != 1) return 90;
  raise(SIGTERM); // its default action is nothing here
  survivor();
  pid_t pid = fork();
  if (pid == 0) {
    grandchild();
    raise(SIGKILL);
  }
  reap("in namespace", pid);
  return 47;
}

// Pid 1 of a pid namespace.
END(pid_one) {
  (void)context;
  before();
  pid_t pid = clone(init_of_namespace, stack_top(), SIGCHLD | CLONE_NEWPID, NULL);
  reap("pid 1", pid);
  parent_goes_on();
  return 0;
}

static int killed_init(void *argument) {
  int *ready = (int *)argument;
  child();
  if (fork() == 0) {
    grandchild();
    if (write(ready[1], "x", 1) != 1) fail("write");
    for (;;) pause();
  }
  for (;;) pause();
}

// Killed from outside: everything in the namespace goes with it.
END(pid_one_killed) {
  (void)context;
  int ready[2];
  char byte;
  if (pipe(ready)) fail("pipe");
  pid_t pid = clone(killed_init, stack_top(), SIGCHLD | CLONE_NEWPID, ready);
  if (pid < 0) fail("clone");
  if (read(ready[0], &byte, 1) != 1) fail("read");
  kill(pid, SIGKILL);
  reap("pid 1", pid);
  parent_goes_on();
  return 0;
}

const struct death clone_deaths[] = {
    {"clone", clone_copy},
    {"clone-files", clone_files},
    {"clone-silent", clone_silent},
    {"clone-vm", clone_shared},
    {"clone-vfork", clone_vfork},
    {"clone-vfork-copy", clone_vfork_copy},
    {"clone-parent", clone_parent},
#ifdef SYS_fork
    {"syscall-fork", syscall_fork},
#endif
    {"syscall-clone", syscall_clone},
    {"syscall-clone3", syscall_clone3},
    {"inline-fork", inline_fork},
    {"pid-one", pid_one},
    {"pid-one-killed", pid_one_killed},
    {NULL, NULL},
};
