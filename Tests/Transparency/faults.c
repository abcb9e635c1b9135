// fault x handler x thread.
#include "subject.h"

#include <sys/prctl.h>

enum fault {
  LOAD_NULL, STORE_WILD, NON_CANONICAL, READ_ONLY, BUS_END, ILLEGAL, DIVIDE, BREAKPOINT, PRIVILEGED,
  JUMP_WILD, ABORT, OVERFLOW, BAD_SYSTEM_CALL_FRAME, FAULTS
};
static const char *const fault_names[FAULTS] = {
  "null", "wild store", "non-canonical", "read-only", "bus", "illegal", "divide", "breakpoint",
  "privileged", "wild jump", "abort", "stack overflow", "bad sigreturn"};

enum state {
  DEFAULT, IGNORED, BLOCKED, RETURNS_AFTER_DEFAULT, RESETHAND, JUMPS, EXITS, ONSTACK_RESETHAND,
  SKIPS, ABORTS, STATES
};
static const char *const state_names[STATES] = {
  "default", "ignored", "blocked", "handler sets default", "resethand", "jumps", "exits",
  "resethand on own stack", "raises again", "aborts"};

struct choice {
  enum fault fault;
  enum state state;
  int in_thread;
};

static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS};
static sigjmp_buf landing;
static const char read_only_page[4096] __attribute__((aligned(4096))) = {1};

static void say_fault(int signal, const siginfo_t *info, void *context) {
  uintptr_t address = (uintptr_t)info->si_addr;
  uintptr_t page = (uintptr_t)read_only_page;
  ucontext_t *at = context;
  char here;
  int stack = &here >= own_stack && &here < own_stack + sizeof own_stack;
  say("  fault %d code %d stack %d mask %016llx", signal, info->si_code, stack,
      (unsigned long long)bits(&at->uc_sigmask));
  if (signal == SIGSEGV && address < 0x100000) say("    at %lx", (unsigned long)address);
  if (address - page < 4096) say("    at page + %lx", (unsigned long)(address - page));
#if defined(__x86_64__)
  if (signal == SIGSEGV || signal == SIGBUS)
    say("    trap %llx error %llx", at->uc_mcontext.gregs[REG_TRAPNO], at->uc_mcontext.gregs[REG_ERR]);
#endif
}

static void sets_default(int number, siginfo_t *info, void *context) {
  say_fault(number, info, context);
  struct sigaction old, action = {.sa_handler = SIG_DFL};
  sigaction(number, &action, &old);
  say("    had flags %x", (unsigned)old.sa_flags);
}

static void returns(int number, siginfo_t *info, void *context) {
  say_fault(number, info, context);
  say_action("   ", number);
}

static void jumps(int number, siginfo_t *info, void *context) {
  say_fault(number, info, context);
  siglongjmp(landing, 1);
}

static void exits(int number, siginfo_t *info, void *context) {
  say_fault(number, info, context);
  _exit(33);
}

static void raises(int number, siginfo_t *info, void *context) {
  say_fault(number, info, context);
  signal(number, SIG_DFL);
  raise(number);
}

static void aborts(int number, siginfo_t *info, void *context) {
  say_fault(number, info, context);
  signal(SIGABRT, SIG_DFL);
  abort();
}

static void set_state(enum state state) {
  struct sigaction action = {.sa_flags = SA_SIGINFO};
  stack_t stack = {.ss_sp = own_stack, .ss_size = sizeof own_stack};
  sigset_t mask;
  sigemptyset(&mask);
  for (unsigned i = 0; i < sizeof signals / sizeof signals[0]; i++) {
    int s = signals[i];
    switch (state) {
      case DEFAULT: return;
      case IGNORED: signal(s, SIG_IGN); continue;
      case BLOCKED: sigaddset(&mask, s); continue;
      case RETURNS_AFTER_DEFAULT: action.sa_sigaction = sets_default; break;
      case RESETHAND: action.sa_sigaction = returns; action.sa_flags |= (int)SA_RESETHAND; break;
      case JUMPS: action.sa_sigaction = jumps; action.sa_flags |= SA_ONSTACK; break;
      case EXITS: action.sa_sigaction = exits; action.sa_flags |= SA_ONSTACK; break;
      case ONSTACK_RESETHAND:
        action.sa_sigaction = returns;
        action.sa_flags |= (int)SA_RESETHAND | SA_ONSTACK;
        break;
      case SKIPS: action.sa_sigaction = raises; break;
      case ABORTS: action.sa_sigaction = aborts; action.sa_flags |= SA_ONSTACK; break;
      default: break;
    }
    if (action.sa_flags & SA_ONSTACK) sigaltstack(&stack, NULL);
    sigaction(s, &action, NULL);
  }
  sigprocmask(SIG_BLOCK, &mask, NULL);
}

static int recurse(volatile char *above) {
  volatile char here[4096];
  here[0] = *above;
  return recurse(here) + here[0];
}

static void bus(void) {
  char name[] = "/tmp/subject-bus-XXXXXX";
  int file = mkstemp(name);
  unlink(name);
  volatile char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  map[0] = 1;
}

static void cause(enum fault fault) {
  volatile int zero = 0;
  volatile char start = 0;
  switch (fault) {
    case LOAD_NULL: (void)*(volatile int *)(uintptr_t)zero; break;
    case STORE_WILD: *(volatile int *)(uintptr_t)(0x5678 + zero) = 1; break;
    case NON_CANONICAL: *(volatile int *)(uintptr_t)(0x8000000000001234u + (unsigned)zero) = 1; break;
    case READ_ONLY: // a page that is there, or the error would be another one
      start = *(volatile const char *)read_only_page;
      *(volatile char *)(uintptr_t)(read_only_page + 16 + zero) = 1; break;
    case BUS_END: bus(); break;
    case ILLEGAL: __builtin_trap(); break;
#if defined(__x86_64__)
    case DIVIDE: __asm__ volatile("xor %%edx, %%edx; mov $1, %%eax; xor %%ecx, %%ecx; idiv %%ecx"
                                  ::: "eax", "ecx", "edx"); break;
    case BREAKPOINT: __asm__ volatile("int3"); break;
    case PRIVILEGED: __asm__ volatile("hlt"); break;
    case BAD_SYSTEM_CALL_FRAME:
      __asm__ volatile("mov $8, %rsp; mov $15, %eax; syscall; ud2");
      break;
#endif
    case JUMP_WILD: ((void (*)(void))(uintptr_t)(0x9abc + zero))(); break;
    case ABORT: abort();
    case OVERFLOW: recurse(&start); break;
    default: break;
  }
}

static void *in_thread(void *argument) {
  const struct choice *c = argument;
  stack_t stack = {.ss_sp = own_stack, .ss_size = sizeof own_stack}, old;
  sigaltstack(NULL, &old);
  say("  thread stack flags %x", (unsigned)old.ss_flags);
  if (c->state == JUMPS || c->state == EXITS || c->state == ONSTACK_RESETHAND || c->state == ABORTS)
    sigaltstack(&stack, NULL);
  if (sigsetjmp(landing, 1) == 0) cause(c->fault);
  else say("  landed");
  return NULL;
}

static void body(const void *argument) {
  const struct choice *c = argument;
  pthread_t thread;
  struct rlimit limit = {1 << 20, 1 << 20};
  if (c->fault == OVERFLOW) setrlimit(RLIMIT_STACK, &limit);
  set_state(c->state);
  if (c->in_thread) {
    pthread_create(&thread, NULL, in_thread, (void *)(uintptr_t)c);
    pthread_join(thread, NULL);
  } else if (sigsetjmp(landing, 1) == 0) {
    cause(c->fault);
  } else {
    say("  landed");
  }
  say_state();
  say("  alive");
}

void fault_cases(void) {
  for (int f = 0; f < FAULTS; f++)
    for (int s = 0; s < STATES; s++)
      for (int t = 0; t < 2; t++) {
        struct choice c = {(enum fault)f, (enum state)s, t};
        run_case(body, &c, "fault %s %s%s", fault_names[f], state_names[s], t ? " in a thread" : "");
      }
}
