// signal x state x delivery x mask.
#include "subject.h"

enum state {
  DEFAULT, DEFAULT_BY_SIGNAL, IGNORED, BY_SIGNAL, SIGINFO, RESETHAND, NODEFER, ONSTACK, MASKED, SYSV,
  SIGSET, NO_STACK, JUMPS, RERAISES, EXITS, RAW, STATES
};
static const char *const state_names[STATES] = {
  "default", "signal(SIG_DFL)", "ignored", "signal()", "siginfo", "resethand", "nodefer", "onstack",
  "masked", "sysv", "sigset", "no stack", "jumps", "reraises", "exits", "raw"};

enum delivery { KILL, RAISE, PTHREAD_KILL, TGKILL, SIGQUEUE, FROM_CHILD, TIMER, DELIVERIES };
static const char *const delivery_names[DELIVERIES] = {
  "kill", "raise", "pthread_kill", "tgkill", "sigqueue", "child", "timer"};

enum mask { OPEN, BLOCKED_TWICE, BLOCKED_AT_END, MASKS };
static const char *const mask_names[MASKS] = {"open", "blocked twice", "blocked at the end"};

struct choice {
  int signal;
  enum state state;
  enum delivery delivery;
  enum mask mask;
};

static sigjmp_buf landing;

static void jump(int signal) {
  record_handler(signal);
  siglongjmp(landing, 1);
}

static void reraise(int number) {
  record_handler(number);
  signal(number, SIG_DFL);
  raise(number);
  say("  after raise in handler");
}

static void leave(int signal) {
  record_handler(signal);
  _exit(signal);
}

static void again(int signal, siginfo_t *info, void *context) {
  static volatile int depth;
  record_siginfo(signal, info, context);
  depth++;
  if (depth == 1) raise(signal);
  say("  leaving depth %d", depth);
  depth--;
}

struct kernel_action {
  void *handler;
  unsigned long flags;
  void *restorer;
  uint64_t mask;
};

static void set_state(const struct choice *c) {
  struct sigaction action = {.sa_sigaction = record_siginfo, .sa_flags = SA_SIGINFO};
  stack_t stack = {.ss_sp = own_stack, .ss_size = sizeof own_stack};
  struct kernel_action kernel;
  switch (c->state) {
    case DEFAULT: return;
    case DEFAULT_BY_SIGNAL: signal(c->signal, SIG_DFL); return;
    case IGNORED: signal(c->signal, SIG_IGN); return;
    case BY_SIGNAL: signal(c->signal, record_handler); return;
    case SIGINFO: action.sa_flags |= SA_RESTART; break;
    case RESETHAND: action.sa_flags |= (int)SA_RESETHAND; break;
    case NODEFER: action.sa_flags |= SA_NODEFER; action.sa_sigaction = again; break;
    case ONSTACK: action.sa_flags |= SA_ONSTACK; sigaltstack(&stack, NULL); break;
    case NO_STACK: action.sa_flags |= SA_ONSTACK; break; // runs on the stack that it interrupts
    case MASKED: sigfillset(&action.sa_mask); break;
    case SYSV: __sysv_signal(c->signal, record_handler); return;
    case SIGSET: sigset(c->signal, record_handler); return;
    case JUMPS: signal(c->signal, jump); return;
    case RERAISES: signal(c->signal, reraise); return;
    case EXITS: signal(c->signal, leave); return;
    case RAW:
      syscall(SYS_rt_sigaction, c->signal, NULL, &kernel, 8);
      say("  raw %p flags %lx mask %016llx", kernel.handler, kernel.flags,
          (unsigned long long)kernel.mask);
      kernel.flags |= 0x10000000;
      say("  set %ld", syscall(SYS_rt_sigaction, c->signal, &kernel, NULL, 8));
      syscall(SYS_rt_sigaction, c->signal, NULL, &kernel, 8);
      say("  raw %p flags %lx mask %016llx", kernel.handler, kernel.flags,
          (unsigned long long)kernel.mask);
      return;
    default: return;
  }
  sigaction(c->signal, &action, NULL);
}

static pthread_t main_thread;
static int thread_signal;

static void *kill_main(void *unused) {
  (void)unused;
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, NULL);
  pthread_kill(main_thread, thread_signal);
  return NULL;
}

static void send_timer(int signal, int value) {
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = signal};
  struct itimerspec soon = {.it_value = {0, 100000}};
  timer_t timer;
  event.sigev_value.sival_int = value;
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) {
    say("  timer errno %d", errno);
    return;
  }
  timer_settime(timer, 0, &soon, NULL);
  struct itimerspec left;
  do timer_gettime(timer, &left);
  while (left.it_value.tv_nsec != 0);
}

// A process that sends nothing when it ends, so that SIGCHLD is only what it sends.
static void ask_child(int signal) {
  pid_t child = (pid_t)syscall(SYS_clone, 0, 0, 0, 0, 0);
  if (child == 0) {
    kill(getppid(), signal);
    _exit(0);
  }
  int status = 0;
  while (waitpid(child, &status, __WALL) < 0 && errno == EINTR) continue;
  say("  child %04x", (unsigned)status);
}

static void deliver(const struct choice *c, int value) {
  pthread_t thread;
  switch (c->delivery) {
    case KILL: say("  kill %d", kill(getpid(), c->signal)); break;
    case RAISE: say("  raise %d", raise(c->signal)); break;
    case PTHREAD_KILL:
      main_thread = pthread_self();
      thread_signal = c->signal;
      pthread_create(&thread, NULL, kill_main, NULL);
      pthread_join(thread, NULL);
      break;
    case TGKILL: say("  tgkill %d", tgkill(getpid(), gettid(), c->signal)); break;
    case SIGQUEUE:
      say("  sigqueue %d", sigqueue(getpid(), c->signal, (union sigval){.sival_int = value}));
      break;
    case FROM_CHILD: ask_child(c->signal); break;
    case TIMER: send_timer(c->signal, value); break;
    default: break;
  }
}

static void body(const void *argument) {
  const struct choice *c = argument;
  sigset_t one;
  sigemptyset(&one);
  sigaddset(&one, c->signal);
  say_action("  before", c->signal);
  set_state(c);
  say_action("  set", c->signal);
  if (c->mask != OPEN) sigprocmask(SIG_BLOCK, &one, NULL);
  if (sigsetjmp(landing, 1) == 0) {
    deliver(c, 11);
    if (c->mask == BLOCKED_TWICE) deliver(c, 22);
  } else {
    say("  landed");
  }
  say_state();
  if (c->mask == BLOCKED_TWICE) {
    sigset_t none;
    sigemptyset(&none);
    if (sigsetjmp(landing, 1) == 0) sigprocmask(SIG_SETMASK, &none, NULL);
    else say("  landed again");
    say_state();
  }
  say_action("  after", c->signal);
  say("  alive");
}

// In groups, so that a stride takes something of every signal.
void deliver_cases(void) {
  for (int s = 1; s <= 64; s++) {
    if (s == SIGKILL || s == SIGSTOP || s == 32 || s == 33 || (s > 36 && s < 49) || (s > 51 && s < 64))
      continue;
    for (int state = 0; state < STATES; state++)
      for (int d = 0; d < DELIVERIES; d++)
        for (int m = 0; m < MASKS; m++) {
          struct choice c = {s, (enum state)state, (enum delivery)d, (enum mask)m};
          run_case(body, &c, "deliver %d %s %s %s", s, state_names[state], delivery_names[d],
                   mask_names[m]);
        }
  }
}
