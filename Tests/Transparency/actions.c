// What the functions that set and read actions return, for every number and many arguments.
#include "subject.h"

static const int flag_choices[] = {
  0, SA_RESTART, SA_SIGINFO, SA_SIGINFO | SA_RESTART, SA_ONSTACK, SA_NODEFER,
  (int)SA_RESETHAND, (int)(SA_RESETHAND | SA_NODEFER), SA_NOCLDSTOP | SA_NOCLDWAIT,
  SA_INTERRUPT, 0x400, 0x800, 0x1000, 0x04000000, -1};
static const uint64_t mask_choices[] = {0, 0x4000, 0xffffffffffffffff, 0x180000000, 0x40100};
static void *const handler_choices[] = {
  (void *)SIG_DFL, (void *)SIG_IGN, (void *)record_handler, (void *)SIG_ERR, (void *)0x2};

#define COUNT(array) (sizeof array / sizeof array[0])

static const char *pointer_name(handler_t handler) {
  if (handler == SIG_ERR) return "SIG_ERR";
  if (handler == SIG_HOLD) return "SIG_HOLD";
  struct sigaction action = {.sa_handler = handler};
  return handler_name(&action);
}

static void say_old(int number, int result, const struct sigaction *old) {
  say("  %d: %d errno %d old %s flags %x mask %016llx restorer %d", number, result,
      result == 0 ? 0 : errno, handler_name(old), (unsigned)old->sa_flags,
      (unsigned long long)bits(&old->sa_mask), has_restorer(old));
}

static void sigaction_matrix(const void *argument) {
  int number = *(const int *)argument;
  for (unsigned h = 0; h < COUNT(handler_choices); h++)
    for (unsigned f = 0; f < COUNT(flag_choices); f++)
      for (unsigned m = 0; m < COUNT(mask_choices); m++) {
        struct sigaction action = {.sa_flags = flag_choices[f]}, old;
        memset(&old, 0, sizeof old);
        action.sa_handler = (handler_t)handler_choices[h];
        memcpy(&action.sa_mask, &mask_choices[m], 8);
        int result = sigaction(number, &action, &old);
        say_old(number, result, &old);
      }
  say_action("  last", number);
  struct sigaction same = {.sa_handler = SIG_DFL, .sa_flags = SA_RESTART};
  say_old(number, sigaction(number, &same, &same), &same);
  say_action("  aliased", number);
}

static void say_returned(const char *name, int number, handler_t old) {
  say("  %s %d: %s errno %d", name, number, pointer_name(old), old == SIG_ERR ? errno : 0);
  say_action("   ", number);
}

static void functions(const void *argument) {
  int number = *(const int *)argument;
  errno = 0; // LLVM's own runtime left one, and musl's signal() answers with an old handler of -1
  for (int interrupts = 0; interrupts < 3; interrupts++) {
    for (unsigned h = 0; h < COUNT(handler_choices); h++) {
      handler_t handler = (handler_t)handler_choices[h];
      say_returned("signal", number, signal(number, handler));
      say_returned("signal again", number, signal(number, handler));
      say_returned("ssignal", number, ssignal(number, handler));
      say_returned("sysv_signal", number, __sysv_signal(number, handler));
      say_returned("sigset", number, sigset(number, handler));
      say_returned("SIG_HOLD", number, sigset(number, SIG_HOLD));
      say_returned("sigset held", number, sigset(number, handler));
    }
    say("  sigignore %d", sigignore(number));
    say_action("   ", number);
    say("  sighold %d sigrelse %d", sighold(number), sigrelse(number));
    signal(number, SIG_DFL);
    errno = 0;
    say("  siginterrupt %d errno %d", siginterrupt(number, interrupts == 0), errno);
    say_action("   ", number);
  }
}

struct kernel_action {
  void *handler;
  unsigned long flags;
  void *restorer;
  uint64_t mask;
};

static void raw(const void *argument) {
  int number = *(const int *)argument;
  struct kernel_action action, old;
  for (unsigned f = 0; f < COUNT(flag_choices); f++) {
    memset(&old, 0, sizeof old);
    action = (struct kernel_action){NULL, (unsigned)flag_choices[f], (void *)0x1234, 0x40100};
    errno = 0;
    long result = syscall(SYS_rt_sigaction, number, &action, &old, 8);
    say("  raw %ld errno %d old %p flags %lx restorer %d mask %016llx", result, errno, old.handler,
        old.flags, old.restorer == (void *)0x1234, (unsigned long long)old.mask);
  }
  say_action("  by libc", number);
  signal(number, SIG_DFL);
  syscall(SYS_rt_sigaction, number, NULL, &old, 8);
  say("  by syscall %p flags %lx mask %016llx", old.handler, old.flags, (unsigned long long)old.mask);
  say("  size %ld %d", syscall(SYS_rt_sigaction, number, &action, &old, 16), errno);
  say("  bad %ld %d", syscall(SYS_rt_sigaction, number, (void *)8, NULL, 8), errno);
  say("  bad old %ld %d", syscall(SYS_rt_sigaction, number, NULL, (void *)8, 8), errno);
}

static void stacks(const void *unused) {
  (void)unused;
  stack_t none = {.ss_flags = SS_DISABLE}, own = {.ss_sp = own_stack, .ss_size = sizeof own_stack},
          small = {.ss_sp = own_stack, .ss_size = 100}, odd = own, old;
  odd.ss_flags = 77;
  stack_t *const choices[] = {NULL, &none, &own, NULL, &small, &odd, &none, NULL, &own, &none};
  for (unsigned i = 0; i < COUNT(choices); i++) {
    memset(&old, 0x55, sizeof old);
    errno = 0;
    int result = sigaltstack(choices[i], &old);
    say("  %u: %d errno %d own %d flags %x size %zx", i, result, errno, old.ss_sp == own_stack,
        (unsigned)old.ss_flags, old.ss_size);
  }
  say("  aliased %d own %d", sigaltstack(&own, &own), own.ss_sp == own_stack);
}

void action_cases(void) {
  static const int odd[] = {-1, 0, 65, 66, 1000};
  run_case(stacks, NULL, "sigaltstack");
  for (unsigned i = 0; i < 64 + COUNT(odd); i++) {
    int number = i < 64 ? (int)i + 1 : odd[i - 64];
    run_case(sigaction_matrix, &number, "sigaction %d", number);
    run_case(functions, &number, "functions %d", number);
    run_case(raw, &number, "raw %d", number);
  }
}
