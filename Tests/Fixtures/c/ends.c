// Ends that the program chooses itself.
#include "fixture.h"
#include <assert.h>
#include <err.h>
#ifdef __GLIBC__
#include <error.h>
#endif
#include <sys/syscall.h>

#define END(name) static int name(const struct context *context)

static int number(const struct context *context, int otherwise) {
  return context->argument ? atoi(context->argument) : otherwise;
}

END(by_return) {
  atexit(at_end);
  times(before, 3);
  return number(context, 3);
}

END(by_exit) {
  atexit(at_end);
  before();
  exit(number(context, 4));
  after();
}

static void exits_too(void) {
  at_end();
  _exit(23);
}

END(by_exit_in_atexit) {
  (void)context;
  atexit(exits_too);
  before();
  exit(4);
}

static void killed_at_exit(void) {
  at_end();
  raise(SIGKILL);
  after();
}

END(by_kill_in_atexit) {
  (void)context;
  atexit(killed_at_exit);
  before();
  return 0;
}

END(by__exit) {
  atexit(at_end);
  before();
  _exit(number(context, 5));
  after();
}

END(by__Exit) {
  atexit(at_end);
  before();
  _Exit(number(context, 6));
  after();
}

END(by_quick_exit) {
  atexit(at_end);
  at_quick_exit(at_quick);
  before();
  quick_exit(number(context, 7));
  after();
}

END(by_abort) {
  (void)context;
  before();
  abort();
  after();
}

END(by_exit_group) {
  before();
  syscall(SYS_exit_group, number(context, 8));
  after();
  return 0;
}

// No libc function is called: nothing but live pages can keep these counts.
END(by_inline_exit_group) {
  before();
  long code = number(context, 9);
#if defined(__x86_64__)
  __asm__ volatile("syscall" : : "a"(SYS_exit_group), "D"(code) : "rcx", "r11", "memory");
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = SYS_exit_group;
  register long x0 __asm__("x0") = code;
  __asm__ volatile("svc 0" : : "r"(x8), "r"(x0) : "memory");
#endif
  after();
  return 0;
}

// The only thread leaves by SYS_exit.
END(by_raw_exit) {
  before();
  syscall(SYS_exit, number(context, 10));
  after();
  return 0;
}

END(by_err) {
  before();
  errno = ENOENT;
  err(number(context, 11), "gone");
  after();
}

END(by_errx) {
  before();
  errx(number(context, 12), "gone too");
  after();
}

END(by_error) {
  before();
#ifdef __GLIBC__
  error(number(context, 13), 0, "error");
#endif
  after();
  return 0;
}

END(by_assert) {
  volatile int nothing = context->argv == NULL;
  before();
  assert(nothing && "meant");
  after();
  return 0;
}

// The run that differential tests use: a normal end, branches taken and not taken.
END(normal) {
  int sum = 0;
  for (int i = 0; i < 100; i++) {
    if (i % 3 == 0 && i % 5 != 0) sum += i;
    else if (i > 1000) never();
    switch (i % 4) {
      case 0:
        sum ^= 1;
        break;
      case 3:
        sum += 2;
        break;
      default:
        sum = sum > 500 ? sum - 1 : sum + 1;
    }
  }
  before();
  say("sum %d\n", sum);
  return number(context, 0);
}

const struct death end_deaths[] = {
    {"return", by_return},
    {"exit", by_exit},
    {"exit-in-atexit", by_exit_in_atexit},
    {"kill-in-atexit", by_kill_in_atexit},
    {"_exit", by__exit},
    {"_Exit", by__Exit},
    {"quick_exit", by_quick_exit},
    {"abort", by_abort},
    {"exit_group", by_exit_group},
    {"inline-exit_group", by_inline_exit_group},
    {"raw-exit", by_raw_exit},
    {"err", by_err},
    {"errx", by_errx},
    {"error", by_error},
    {"assert", by_assert},
    {"normal", normal},
    {NULL, NULL},
};
