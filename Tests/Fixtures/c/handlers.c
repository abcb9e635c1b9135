// The program's own handlers: installed as they are, they see what they would see without us.
#include "fixture.h"
#include <setjmp.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#define END(name) static int name(const struct context *context)

static sigjmp_buf back;
static const struct context *now;

static void install(int number, void (*handler)(int), int flags) {
  struct sigaction action;
  struct rlimit none = {0, 0};
  memset(&action, 0, sizeof action);
  setrlimit(RLIMIT_CORE, &none);
  action.sa_handler = handler;
  action.sa_flags = flags;
  if (sigaction(number, &action, NULL)) fail("sigaction");
}

static void returns(int number) {
  (void)number;
  handled();
}
static void jumps(int number) {
  handled();
  siglongjmp(back, number);
}
static void leaves(int number) {
  handled();
  _exit(100 + number);
}
static void exits(int number) {
  handled();
  exit(100 + number);
}
static void raises_again(int number) {
  handled();
  signal(number, SIG_DFL);
  raise(number); // blocked here, delivered when the handler returns
}
static void becomes_another(int number) {
  char *argv[5];
  (void)number;
  handled();
  argv[0] = now->argv[0];
  argv[1] = now->argv[1];
  argv[2] = (char *)"again";
  argv[3] = NULL;
  execv(SELF, argv);
  after();
}
static void says_all(int number, siginfo_t *info, void *context) {
  (void)context;
  handled();
  say("signal %d code %d value %d from self %d\n", number, info->si_code, info->si_value.sival_int,
      info->si_pid == getpid());
}

END(handler_returns) {
  (void)context;
  install(SIGTERM, returns, 0);
  raise(SIGTERM);
  kill(getpid(), SIGTERM);
  survivor();
  return 31;
}

END(handler_returns_then_kill) {
  (void)context;
  install(SIGTERM, returns, 0);
  raise(SIGTERM);
  survivor();
  raise(SIGKILL);
  after();
  return 0;
}

END(handler_jumps) {
  (void)context;
  install(SIGSEGV, jumps, 0);
  if (sigsetjmp(back, 1) == 0) {
    before();
    *(volatile int *)8 = 1;
    after();
  }
  jumped();
  return 32;
}

END(handler_jumps_often) {
  (void)context;
  volatile int rounds = 0;
  install(SIGSEGV, jumps, 0);
  sigsetjmp(back, 1);
  rounds = rounds + 1;
  if (rounds < 100) *(volatile int *)8 = 1;
  jumped();
  raise(SIGKILL);
  return 0;
}

END(handler__exit) {
  (void)context;
  install(SIGTERM, leaves, 0);
  before();
  raise(SIGTERM);
  after();
  return 0;
}

END(handler_exit) {
  (void)context;
  atexit(at_end);
  install(SIGTERM, exits, 0);
  before();
  raise(SIGTERM);
  after();
  return 0;
}

END(handler_reraises) {
  (void)context;
  install(SIGTERM, raises_again, 0);
  before();
  raise(SIGTERM);
  after();
  return 0;
}

END(handler_reraises_fault) {
  (void)context;
  install(SIGSEGV, raises_again, 0);
  before();
  *(volatile int *)8 = 1;
  after();
  return 0;
}

END(handler_resethand) {
  (void)context;
  install(SIGTERM, returns, (int)SA_RESETHAND);
  raise(SIGTERM);
  survivor();
  raise(SIGTERM);
  after();
  return 0;
}

END(handler_resethand_fault) {
  (void)context;
  install(SIGSEGV, returns, (int)SA_RESETHAND);
  before();
  *(volatile int *)8 = 1; // faults, returns, faults again
  after();
  return 0;
}

END(handler_execs) {
  now = context;
  install(SIGTERM, becomes_another, SA_NODEFER);
  before();
  raise(SIGTERM);
  after();
  return 0;
}

END(handler_siginfo) {
  (void)context;
  struct sigaction action, seen;
  union sigval value;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = says_all;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigaddset(&action.sa_mask, SIGUSR2);
  sigaction(SIGUSR1, NULL, &seen);
  say("default before %d\n", seen.sa_handler == SIG_DFL);
  sigaction(SIGUSR1, &action, NULL);
  sigaction(SIGUSR1, NULL, &seen);
  say("own handler seen %d flags %x usr2 %d\n", seen.sa_sigaction == says_all,
      (unsigned)seen.sa_flags & ~0x04000000u, sigismember(&seen.sa_mask, SIGUSR2));
  value.sival_int = 42;
  sigqueue(getpid(), SIGUSR1, value);
  signal(SIGUSR1, SIG_DFL);
  before();
  raise(SIGUSR1);
  after();
  return 0;
}

static void abort_returns(int number) {
  (void)number;
  handled();
}

END(abort_handled) {
  (void)context;
  install(SIGABRT, abort_returns, 0);
  before();
  abort();
  after();
}

END(abort_jumps) {
  (void)context;
  install(SIGABRT, jumps, 0);
  if (sigsetjmp(back, 1) == 0) {
    before();
    abort();
  }
  jumped();
  return 33;
}

END(abort_ignored) {
  (void)context;
  signal(SIGABRT, SIG_IGN);
  before();
  abort();
  after();
}

// The handler itself crashes.
static void crashes(int number) {
  (void)number;
  handled();
  *(volatile int *)16 = 1;
  after();
}

END(handler_crashes) {
  (void)context;
  install(SIGTERM, crashes, 0);
  before();
  raise(SIGTERM);
  after();
  return 0;
}

// sigwait and signalfd users block what they wait for.
END(waits) {
  (void)context;
  sigset_t set;
  int number = 0;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigprocmask(SIG_BLOCK, &set, NULL);
  kill(getpid(), SIGTERM);
  sigwait(&set, &number);
  say("waited for %d\n", number);
  survivor();
  return 34;
}

static void reload(int number) {
  (void)number;
  handled();
}

// A server that is told to read its configuration again, 200 times in one life; what ran before the last
// time must be kept, whatever comes then. It goes by a system call that no hook sees.
END(reloads) {
  (void)context;
  signal(SIGHUP, reload);
  for (int i = 0; i < 200; i++) {
    before();
    raise(SIGHUP);
  }
  long self = getpid();
#if defined(__x86_64__)
  __asm__ volatile("syscall"
                   :
                   : "a"(SYS_kill), "D"(self), "S"(SIGKILL)
                   : "rcx", "r11", "memory");
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = SYS_kill;
  register long x0 __asm__("x0") = self;
  register long x1 __asm__("x1") = SIGKILL;
  __asm__ volatile("svc 0" : : "r"(x8), "r"(x0), "r"(x1) : "memory");
#endif
  for (;;) pause();
}

const struct death handler_deaths[] = {
    {"reloads", reloads},
    {"handler-returns", handler_returns},
    {"handler-returns-then-kill", handler_returns_then_kill},
    {"handler-jumps", handler_jumps},
    {"handler-jumps-often", handler_jumps_often},
    {"handler-_exit", handler__exit},
    {"handler-exit", handler_exit},
    {"handler-reraises", handler_reraises},
    {"handler-reraises-fault", handler_reraises_fault},
    {"handler-resethand", handler_resethand},
    {"handler-resethand-fault", handler_resethand_fault},
    {"handler-execs", handler_execs},
    {"handler-siginfo", handler_siginfo},
    {"handler-crashes", handler_crashes},
    {"abort-handled", abort_handled},
    {"abort-jumps", abort_jumps},
    {"abort-ignored", abort_ignored},
    {"sigwait", waits},
    {NULL, NULL},
};
