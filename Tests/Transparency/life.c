// What signals do over fork, exec, spawn, vfork, exit and the functions of libc that touch them.
#include "subject.h"

#include <spawn.h>
#include <sys/signalfd.h>
#include <sys/time.h>

extern char **environ;

static void say_all(void) {
  for (int n = 1; n <= 64; n++) {
    struct sigaction action;
    if (sigaction(n, NULL, &action) != 0) continue;
    if (action.sa_handler != SIG_DFL || action.sa_flags != 0 || bits(&action.sa_mask) != 0)
      say_action("  action", n);
  }
  say_state();
}

// The program again: prints what exec left.
void show_inherited(void) {
  say_all();
  FILE *status = fopen("/proc/self/status", "re");
  char line[256];
  // SigCgt is left out, and signal 32 of SigIgn: they show our handlers, and nothing can hide them.
  while (status != NULL && fgets(line, sizeof line, status) != NULL)
    if (strncmp(line, "SigIgn", 6) == 0 || strncmp(line, "SigBlk", 6) == 0 ||
        strncmp(line, "SigPnd", 6) == 0 || strncmp(line, "ShdPnd", 6) == 0)
      say("  %.7s %016llx", line, strtoull(line + 8, NULL, 16) & ~(1ull << 31));
}

static void mixed_state(void) {
  struct sigaction action = {.sa_sigaction = record_siginfo, .sa_flags = SA_SIGINFO | SA_RESTART};
  sigset_t blocked;
  signal(SIGHUP, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGUSR1, record_handler);
  sigaction(SIGUSR2, &action, NULL);
  signal(SIGTERM, SIG_DFL);
  sigaction(SIGSEGV, &action, NULL);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGALRM);
  sigaddset(&blocked, SIGRTMIN + 3);
  sigprocmask(SIG_BLOCK, &blocked, NULL);
  raise(SIGALRM);
}

static void say_status(const char *what, pid_t child) {
  int status = 0;
  pid_t got = waitpid(child, &status, 0);
  say("  %s %d status %04x", what, got == child, (unsigned)status);
}

static void exec_self(const void *unused) {
  (void)unused;
  mixed_state();
  say_all();
  log_to_stdout();
  execl(self_path, self_path, "show", (char *)NULL);
}

static void exec_fails(const void *unused) {
  (void)unused;
  mixed_state();
  say("  %d", execl("/nonexistent/program", "x", (char *)NULL));
  say_all();
  raise(SIGTERM);
}

static void spawn(const void *argument) {
  int with = *(const int *)argument;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
  sigset_t set;
  pid_t child;
  char *words[] = {(char *)(uintptr_t)self_path, "show", NULL};
  mixed_state();
  log_to_stdout();
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_init(&actions);
  short flags = 0;
  if (with & 1) {
    sigemptyset(&set);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGTERM);
    posix_spawnattr_setsigdefault(&attributes, &set);
    flags |= POSIX_SPAWN_SETSIGDEF;
  }
  if (with & 2) {
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    posix_spawnattr_setsigmask(&attributes, &set);
    flags |= POSIX_SPAWN_SETSIGMASK;
  }
  posix_spawnattr_setflags(&attributes, flags);
  int result = posix_spawn(&child, self_path, &actions, &attributes, words, environ);
  if (result == 0) say_status("spawned", child);
  say("  spawn %d", result);
  say_all();
}

static void vfork_changes(const void *argument) {
  int way = *(const int *)argument;
  mixed_state();
  log_to_stdout();
  pid_t child = vfork();
  if (child == 0) {
    signal(SIGTERM, way & 1 ? SIG_IGN : record_handler);
    signal(SIGUSR1, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    signal(SIGSEGV, SIG_DFL);
    if (way & 2) execl(self_path, self_path, "show", (char *)NULL);
    if (way & 4) raise(SIGINT);
    if (way & 8) *(volatile int *)8 = 1;
    _exit(5);
  }
  say_status("vfork child", child);
  say_all();
  if (way & 16) raise(SIGTERM);
}

static void fork_child(const void *argument) {
  int way = *(const int *)argument;
  mixed_state();
  pid_t child = way & 1 ? (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) : fork();
  if (child == 0) {
    say_all();
    if (way & 2) raise(SIGTERM);
    if (way & 4) abort();
    raise(SIGUSR1);
    signal(SIGUSR1, SIG_DFL);
    _exit(6);
  }
  say_status("fork child", child);
  say_all();
  raise(SIGUSR1);
}

static pid_t forked;
static void fork_in_handler(int number) {
  forked = fork();
  if (forked == 0) {
    say_all();
    if (number == SIGUSR2) raise(SIGTERM);
    _exit(9);
  }
}

static void handler_forks(const void *argument) {
  signal(*(const int *)argument, fork_in_handler);
  raise(*(const int *)argument);
  say_status("forked in handler", forked);
  say_all();
}

static void system_and_popen(const void *unused) {
  (void)unused;
  mixed_state();
  signal(SIGINT, record_handler);
  say("  system %04x", (unsigned)system("kill -TERM $$"));
  say_all();
  signal(SIGINT, SIG_DFL);
  say("  system %04x", (unsigned)system("exit 3"));
  say_all();
  FILE *pipe = popen("kill -INT $$", "re");
  say("  popen %04x", (unsigned)pclose(pipe));
  raise(SIGINT);
}

static sigjmp_buf landing;
static void jump(int signal) {
  say("  jump from %d", signal);
  siglongjmp(landing, 1);
}

static void aborting(const void *argument) {
  switch (*(const int *)argument) {
    case 0: break;
    case 1: signal(SIGABRT, record_handler); break;
    case 2: signal(SIGABRT, SIG_IGN); break;
    case 3: signal(SIGABRT, jump); break;
    case 4: __sysv_signal(SIGABRT, record_handler); break;
    case 5: {
      sigset_t set;
      sigfillset(&set);
      sigprocmask(SIG_BLOCK, &set, NULL);
      break;
    }
    default: break;
  }
  if (sigsetjmp(landing, 1) == 0) abort();
  say_all();
  say("  alive");
}

static void waits(const void *argument) {
  int way = *(const int *)argument;
  sigset_t set;
  siginfo_t info;
  int got = 0;
  struct timespec none = {0, 0};
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGRTMIN + 1);
  sigprocmask(SIG_BLOCK, &set, NULL);
  for (int i = 0; i < 3; i++)
    sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = i});
  raise(SIGTERM);
  say_state();
  if (way == 0) say("  sigwait %d %d", sigwait(&set, &got), got);
  if (way == 1) {
    int result;
    while ((result = sigtimedwait(&set, &info, &none)) > 0)
      say("  timedwait %d code %d value %d", result, info.si_code,
          result == SIGTERM ? 0 : info.si_value.sival_int);
  }
  if (way == 2) {
    struct signalfd_siginfo from;
    int file = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    while (read(file, &from, sizeof from) == (ssize_t)sizeof from)
      say("  signalfd %u code %d value %d", from.ssi_signo, from.ssi_code,
          from.ssi_signo == SIGTERM ? 0 : from.ssi_int);
  }
  if (way == 3) {
    sigset_t open;
    signal(SIGTERM, record_handler);
    sigfillset(&open);
    sigdelset(&open, SIGTERM);
    say("  sigsuspend %d %d", sigsuspend(&open), errno);
  }
  say_state();
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  say("  alive");
}

static void realtime_order(const void *argument) {
  struct sigaction action = {.sa_sigaction = record_siginfo, .sa_flags = SA_SIGINFO};
  sigset_t set;
  sigfillset(&set);
  sigprocmask(SIG_BLOCK, &set, NULL);
  for (int n = SIGRTMIN; n <= SIGRTMIN + 4; n++) sigaction(n, &action, NULL);
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGTERM, &action, NULL);
  if (*(const int *)argument) signal(SIGRTMIN + 2, SIG_DFL);
  for (int i = 0; i < 8; i++)
    sigqueue(getpid(), SIGRTMIN + i % 4, (union sigval){.sival_int = i});
  raise(SIGTERM);
  raise(SIGUSR1);
  sigemptyset(&set);
  sigprocmask(SIG_SETMASK, &set, NULL);
  say("  alive");
}

static void limits(const void *argument) {
  int ends[2];
  struct itimerval soon = {.it_value = {0, 1000}};
  struct rlimit second = {1, 2}, small = {4096, 8192};
  char block[8192] = {0};
  switch (*(const int *)argument) {
    case 0:
      if (pipe(ends) == 0) close(ends[0]);
      say("  write %zd", write(ends[1], block, 1));
      break;
    case 1: alarm(1); pause(); break;
    case 2: setitimer(ITIMER_REAL, &soon, NULL); for (;;) pause();
    case 3: setitimer(ITIMER_VIRTUAL, &soon, NULL); for (;;) ;
    case 4: setitimer(ITIMER_PROF, &soon, NULL); for (;;) ;
    case 5: setrlimit(RLIMIT_CPU, &second); for (;;) ;
    case 6: {
      setrlimit(RLIMIT_FSIZE, &small);
      char name[] = "/tmp/subject-size-XXXXXX";
      int file = mkstemp(name);
      unlink(name);
      say("  write %zd", write(file, block, sizeof block));
      say("  write %zd", write(file, block, sizeof block));
      break;
    }
    default: break;
  }
  say("  alive");
}

static void exit_handler(void) {
  say("  at exit");
  say_all();
  raise(SIGTERM);
}

static void exit_in_handler(int number) {
  say("  exit in handler %d", number);
  exit(44);
}

static void exits(const void *argument) {
  switch (*(const int *)argument) {
    case 0: atexit(exit_handler); exit(3);
    case 1: signal(SIGTERM, exit_in_handler); raise(SIGTERM); break;
    case 2: signal(SIGTERM, exit_in_handler); atexit(exit_handler); exit(3);
    default: break;
  }
}


void life_cases(void) {
  run_case(exec_self, NULL, "exec");
  run_case(exec_fails, NULL, "failed exec");
  for (int i = 0; i < 4; i++) run_case(spawn, &i, "posix_spawn %d", i);
  for (int i = 0; i < 32; i++) run_case(vfork_changes, &i, "vfork %d", i);
  // The last two signals of a child that syscall() made go to its parent in musl, which knows no other tid.
#if defined(__GLIBC__)
  static const int ways = 8;
#else
  static const int ways = 7;
#endif
  for (int i = 0; i < ways; i++) run_case(fork_child, &i, "fork %d", i);
  int number = SIGUSR1;
  run_case(handler_forks, &number, "fork in a handler");
  number = SIGUSR2;
  run_case(handler_forks, &number, "fork in a handler, child dies");
  run_case(system_and_popen, NULL, "system and popen");
  for (int i = 0; i < 6; i++) run_case(aborting, &i, "abort %d", i);
  for (int i = 0; i < 4; i++) run_case(waits, &i, "waits %d", i);
  for (int i = 0; i < 2; i++) run_case(realtime_order, &i, "real-time order %d", i);
  for (int i = 0; i < 7; i++) run_case(limits, &i, "limits %d", i);
  for (int i = 0; i < 3; i++) run_case(exits, &i, "exits %d", i);
}
