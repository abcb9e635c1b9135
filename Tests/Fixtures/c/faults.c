// Signals that the processor or the kernel really raises.
#include "fixture.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define END(name) static int name(const struct context *context)

static void no_core(void) {
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
}

static void store_at(volatile int *address) { *address = 1; }

END(null_store) {
  (void)context;
  no_core();
  before();
  store_at((volatile int *)8);
  after();
  return 0;
}

END(guard_page) {
  (void)context;
  no_core();
  volatile int *page =
      (volatile int *)mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  before();
  store_at(page);
  after();
  return 0;
}

END(read_only_store) {
  (void)context;
  no_core();
  before();
  store_at((volatile int *)(uintptr_t)(const void *)"constant");
  after();
  return 0;
}

END(bus) {
  (void)context;
  no_core();
  char name[] = "bus-XXXXXX";
  int fd = mkstemp(name);
  unlink(name);
  volatile int *page = (volatile int *)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  before();
  store_at(page);
  after();
  return 0;
}

END(division) {
  volatile int zero = context->argv == NULL, one = 1;
  no_core();
  before();
#if defined(__x86_64__)
  one = one / zero;
#else
  raise(SIGFPE);
#endif
  after();
  return one;
}

END(illegal) {
  (void)context;
  no_core();
  before();
#if defined(__x86_64__)
  __asm__ volatile("ud2");
#else
  __asm__ volatile("udf #0");
#endif
  after();
  return 0;
}

END(builtin_trap) {
  no_core();
  before();
  if (context->argv) __builtin_trap();
  after();
  return 0;
}

END(breakpoint) {
  (void)context;
  no_core();
  before();
#if defined(__x86_64__)
  __asm__ volatile("int3");
#else
  __asm__ volatile("brk #0");
#endif
  after();
  return 0;
}

NOINLINE static int deeper(volatile char *from, int depth) {
  volatile char room[4096];
  room[0] = from[0];
  room[4095] = (char)depth;
  return deeper(room, depth + 1) + room[4095];
}

static void small_stack(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_STACK, &limit);
  limit.rlim_cur = 1 << 20;
  setrlimit(RLIMIT_STACK, &limit);
}

END(stack_overflow) {
  (void)context;
  volatile char start[1] = {0};
  no_core();
  small_stack();
  before();
  return deeper(start, 0);
}

static void on_overflow(int number) {
  (void)number;
  handled();
  _exit(17);
}

END(stack_overflow_handled) {
  (void)context;
  static char room[65536];
  volatile char start[1] = {0};
  stack_t stack;
  struct sigaction action;
  memset(&stack, 0, sizeof stack);
  memset(&action, 0, sizeof action);
  stack.ss_sp = room;
  stack.ss_size = sizeof room;
  sigaltstack(&stack, NULL);
  action.sa_handler = on_overflow;
  action.sa_flags = SA_ONSTACK;
  sigaction(SIGSEGV, &action, NULL);
  small_stack();
  before();
  return deeper(start, 0);
}

// The kernel kills a process whose fault it cannot deliver.
END(blocked_fault) {
  (void)context;
  sigset_t set;
  no_core();
  sigemptyset(&set);
  sigaddset(&set, SIGSEGV);
  sigprocmask(SIG_BLOCK, &set, NULL);
  before();
  store_at((volatile int *)8);
  after();
  return 0;
}

END(ignored_fault) {
  (void)context;
  no_core();
  signal(SIGSEGV, SIG_IGN);
  before();
  store_at((volatile int *)8);
  after();
  return 0;
}

// Several frames below main, in a loop: what ran before the fault counts.
NOINLINE static void nested(int depth) {
  before();
  if (depth == 0) store_at((volatile int *)16);
  else nested(depth - 1);
  after();
}

END(nested_fault) {
  (void)context;
  no_core();
  nested(9);
  return 0;
}

END(file_size) {
  (void)context;
  no_core();
  struct rlimit limit = {16, 16};
  char name[] = "size-XXXXXX";
  int fd = mkstemp(name);
  unlink(name);
  setrlimit(RLIMIT_FSIZE, &limit);
  before();
  if (write(fd, "0123456789abcdef0", 17) == 16 && write(fd, "x", 1) < 0) after();
  return 0;
}

END(cpu_time) {
  (void)context;
  no_core();
  struct rlimit limit = {1, 2};
  volatile long sum = 0;
  setrlimit(RLIMIT_CPU, &limit);
  before();
  for (;;) sum = sum + 1;
}

const struct death fault_deaths[] = {
    {"null-store", null_store},
    {"guard-page", guard_page},
    {"read-only-store", read_only_store},
    {"bus", bus},
    {"division", division},
    {"illegal", illegal},
    {"builtin-trap", builtin_trap},
    {"breakpoint", breakpoint},
    {"stack-overflow", stack_overflow},
    {"stack-overflow-handled", stack_overflow_handled},
    {"blocked-fault", blocked_fault},
    {"ignored-fault", ignored_fault},
    {"nested-fault", nested_fault},
    {"file-size", file_size},
    {"cpu-time", cpu_time},
    {NULL, NULL},
};
