// Functions that are seldom called: old ones for masks and actions, waits with masks, odd clones, and
// corners of the life of a process.
#include "subject.h"

#include <dlfcn.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <wordexp.h>

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static void old_masks(const void *argument) {
  int number = *(const int *)argument;
  say("  sighold %d", sighold(number));
  say("  block %x", (unsigned)sigblock(sigmask(SIGUSR1)));
  say("  set %x", (unsigned)sigsetmask(sigmask(SIGUSR2) | sigmask(number)));
  say("  get %x", (unsigned)siggetmask());
  signal(number, record_handler);
  raise(number);
  say_state();
  say("  xpg sigpause %d errno %d", sigpause(number), errno);
  say_state();
  raise(SIGUSR2);
  signal(SIGUSR2, record_handler);
#if defined(__GLIBC__) // that of musl takes a signal, and would wait for ever
  int (*bsd)(int) = (int (*)(int))dlsym(RTLD_DEFAULT, "sigpause");
  say("  bsd sigpause %d errno %d", bsd(0), errno);
#endif
  say("  sigrelse %d", sigrelse(number));
  say("  sigignore %d", sigignore(number));
  say_action(" ", number);
  raise(number);
  say("  sigset %p", (void *)sigset(number, SIG_DFL));
  raise(number);
  say("  alive");
}

#if defined(__x86_64__) && defined(__GLIBC__)
struct old_vector {
  handler_t handler;
  int mask, flags;
};
// Programs that were linked before glibc 2.21 have these.
__asm__(".symver old_sigvec, sigvec@GLIBC_2.2.5");
int old_sigvec(int number, const struct old_vector *vector, struct old_vector *old);

static void old_vectors(const void *argument) {
  static const int flags[] = {0, 1, 2, 4, 7};
  int number = *(const int *)argument;
  handler_t handlers[] = {SIG_DFL, record_handler, SIG_IGN, SIG_DFL};
  for (unsigned h = 0; h < 4; h++)
    for (unsigned f = 0; f < 5; f++) {
      struct old_vector vector = {handlers[h], 0x4002, flags[f]}, old = {0};
      struct sigaction as = {0};
      errno = 0;
      int result = old_sigvec(number, &vector, &old);
      as.sa_handler = old.handler;
      say("  sigvec %d errno %d old %s mask %x flags %x", result, errno, handler_name(&as),
          (unsigned)old.mask, (unsigned)old.flags);
      say_action(" ", number);
    }
  struct old_vector old;
  say("  ask %d %p", old_sigvec(number, NULL, &old), (void *)old.handler);
  if (number < 32) raise(number);
}

static void old_stacks(const void *unused) {
  (void)unused;
  struct sigstack stack = {own_stack + sizeof own_stack, 0}, was = {(void *)1, 1};
  say("  sigstack %d", sigstack(NULL, &was));
  say("  was %p on %d", was.ss_sp, was.ss_onstack);
  say("  sigstack %d", sigstack(&stack, NULL));
}
#endif

// Calls that wait with another mask: a pending signal comes then, and only then.
static void masked_waits(const void *argument) {
  int way = *(const int *)argument % 5, handled = *(const int *)argument / 5;
  struct timespec none = {0, 0}, hour = {3600, 0};
  sigset_t all, open;
  siginfo_t info;
  fd_set files;
  struct epoll_event event;
  int epoll = epoll_create1(EPOLL_CLOEXEC), result = -2;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  sigfillset(&open);
  sigdelset(&open, SIGTERM);
  if (handled) signal(SIGTERM, record_handler);
  raise(SIGTERM);
  raise(SIGUSR1);
  FD_ZERO(&files);
  errno = 0;
  switch (way) {
    case 0: result = ppoll(NULL, 0, handled ? &hour : &none, &open); break;
    case 1: result = pselect(0, &files, NULL, NULL, handled ? &hour : &none, &open); break;
    case 2: result = epoll_pwait(epoll, &event, 1, handled ? -1 : 0, &open); break;
    case 3: result = sigwaitinfo(&all, &info); break;
    case 4: result = sigtimedwait(&open, &info, &none); break;
    default: break;
  }
  say("  %d errno %d", result, errno);
  say_state();
}

static int cloned(void *argument) {
  say("  in the clone: parent %s group %d", relation(getppid()), getpgrp() == getpgid(case_parent));
  say_action(" ", SIGUSR1);
  if (*(int *)argument & 1) raise(SIGTERM);
  return 5;
}

// A clone with flags that a fork does not have.
static void odd_clones(const void *argument) {
  static const int flags[] = {SIGCHLD, SIGUSR2, CLONE_PARENT | SIGCHLD, CLONE_FS | CLONE_FILES | SIGCHLD,
                              CLONE_VFORK | SIGCHLD, CLONE_VM | SIGCHLD, CLONE_VM | CLONE_VFORK | SIGCHLD,
                              CLONE_VM | CLONE_SIGHAND | SIGCHLD, CLONE_SYSVSEM | CLONE_IO | SIGCHLD,
                              CLONE_UNTRACED | SIGCHLD, CLONE_PARENT_SETTID | SIGCHLD};
  static char stack[1 << 18] __attribute__((aligned(16)));
  int which = *(const int *)argument, status = 0;
  pid_t own = 0;
  unsigned flag = (unsigned)flags[which / 2];
  signal(SIGUSR1, record_handler);
  signal(SIGUSR2, SIG_IGN);
  pid_t child = clone(cloned, stack + sizeof stack, (int)flag, &which, &own, NULL, &own);
  if (flag & CLONE_PARENT) {
    struct timespec moment = {0, 20000000}; // our own parent's child now
    nanosleep(&moment, NULL);
    say("  wait %d errno %d", waitpid(child, &status, __WALL), errno);
  } else {
    say("  waited %d status %04x", waitpid(child, &status, __WALL) == child, (unsigned)status);
  }
  say("  told %d", (flag & CLONE_PARENT_SETTID) != 0 && own == child);
  say_action(" ", SIGUSR1);
  raise(SIGTERM);
}

static void *execs(void *unused) {
  (void)unused;
  execl(self_path, self_path, "show", (char *)NULL);
  say("  no exec");
  return NULL;
}

static char order[64]; // of fork handlers
static void first(void) { strcat(order, " prepare 1"); }
static void second(void) { strcat(order, " prepare 2"); }
static void parent_1(void) { strcat(order, " parent 1"); }
static void parent_2(void) { strcat(order, " parent 2"); }
static void child_1(void) { strcat(order, " child 1"); }
static void child_2(void) { strcat(order, " child 2"); }
static void fork_at_exit(void) {
  int status = 0;
  pid_t child = fork();
  if (child == 0) _exit(4);
  waitpid(child, &status, 0);
  say("  forked at exit %04x", (unsigned)status);
}
static void quick(void) { say("  at quick exit"); }
static void quick_leaves(void) { _exit(23); }
static void *pauses(void *unused) {
  for (;;) pause();
  return unused;
}

static void corners(const void *argument) {
  pthread_t thread;
  int status = 0, ends[2];
  pid_t child;
  char byte = 0;
  void *library;
  wordexp_t words;
  switch (*(const int *)argument) {
    case 0: // exec from a thread, while others run
      log_to_stdout();
      pthread_create(&thread, NULL, pauses, NULL);
      pthread_create(&thread, NULL, execs, NULL);
      pthread_join(thread, NULL);
      break;
    case 1:
      pthread_atfork(first, parent_1, child_1);
      pthread_atfork(second, parent_2, child_2);
      child = fork();
      if (child != 0) waitpid(child, &status, 0);
      say("  %s", order);
      if (child == 0) _exit(0);
      break;
    case 2: atexit(fork_at_exit); exit(2);
    case 3: at_quick_exit(quick); at_quick_exit(quick); quick_exit(3);
    case 4: at_quick_exit(quick); at_quick_exit(quick_leaves); quick_exit(3);
    case 5: // a vfork child that outlives its parent, and says so
      if (pipe(ends) != 0) _exit(91);
      child = fork();
      if (child == 0) {
        if (vfork() == 0) {
          kill(getppid(), SIGKILL);
          while (getppid() != 1 && read(ends[0], &byte, 0) == 0 && getppid() == child) continue;
          if (write(ends[1], "x", 1) != 1) _exit(90);
          _exit(0);
        }
        _exit(1);
      }
      say("  outlived %zd", read(ends[0], &byte, 1));
      waitpid(child, &status, 0);
      say("  parent %04x", (unsigned)status);
      break;
    case 6: // a library that goes while exit handlers run
      library = dlopen("libm.so.6", RTLD_NOW);
      say("  dlclose %d", dlclose(library));
      exit(7);
    case 7:
      say("  wordexp %d", wordexp("a$(echo b; exit 3) ~+ $((1+2))", &words, 0));
      for (size_t i = 0; i < words.we_wordc; i++) say("  %s", words.we_wordv[i]);
      break;
    case 8: // the signal that libc keeps, which nobody can send in earnest
      say("  raise %d", raise(32));
      break;
    case 9:
      signal(SIGTERM, record_handler);
      pthread_create(&thread, NULL, pauses, NULL);
      say("  cancel %d join %d", pthread_cancel(thread), pthread_join(thread, NULL));
      raise(SIGTERM);
      say("  sent %ld", syscall(SYS_tgkill, getpid(), gettid(), 32));
      break;
    case 10: { // as posix_spawn leaves it in what it starts
      struct {
        void *handler;
        unsigned long flags;
        void *restorer;
        uint64_t mask;
      } ignored = {(void *)SIG_IGN, 0, NULL, 0}, old;
      say("  ignored %ld", syscall(SYS_rt_sigaction, 32, &ignored, NULL, 8));
      say("  sent %ld", syscall(SYS_tgkill, getpid(), gettid(), 32));
      say("  read %ld", syscall(SYS_rt_sigaction, 32, NULL, &old, 8));
      say("  handler %p flags %lx mask %llx", old.handler, old.flags, (unsigned long long)old.mask);
      break;
    }
    default: break;
  }
  say_state();
}

void call_cases(void) {
  static const int numbers[] = {SIGTERM, SIGHUP, SIGALRM, SIGCHLD, SIGABRT};
  for (int i = 0; i < 5; i++) run_case(old_masks, &numbers[i], "old masks %d", numbers[i]);
#if defined(__x86_64__) && defined(__GLIBC__)
  static const int more[] = {SIGTERM, SIGHUP, SIGCHLD, SIGABRT, 40, 0, 65};
  for (int i = 0; i < 7; i++) run_case(old_vectors, &more[i], "old vectors %d", more[i]);
  run_case(old_stacks, NULL, "old stacks");
#endif
  for (int i = 0; i < 10; i++) run_case(masked_waits, &i, "masked wait %d", i);
  for (int i = 0; i < 22; i++) run_case(odd_clones, &i, "odd clone %d", i);
  for (int i = 0; i < 11; i++) run_case(corners, &i, "corner %d", i);
}
