// Several threads, small stacks, pid 1, masks that stay.
#include "subject.h"

#include <sched.h>

static pthread_barrier_t barrier;

static void *crash(void *unused) {
  (void)unused;
  pthread_barrier_wait(&barrier);
  *(volatile int *)0x1234 = 1;
  return NULL;
}

static void all_crash(const void *argument) {
  int count = *(const int *)argument;
  pthread_t threads[16];
  pthread_barrier_init(&barrier, NULL, (unsigned)count);
  for (int i = 0; i < count; i++) pthread_create(&threads[i], NULL, crash, NULL);
  for (int i = 0; i < count; i++) pthread_join(threads[i], NULL);
}

static void *mash(void *unused) {
  (void)unused;
  pthread_barrier_wait(&barrier);
  for (int i = 0; i < 50; i++) kill(getpid(), SIGTERM);
  pause();
  return NULL;
}

static void mashed(const void *argument) {
  int count = *(const int *)argument;
  pthread_t threads[16];
  pthread_barrier_init(&barrier, NULL, (unsigned)count);
  for (int i = 0; i < count; i++) pthread_create(&threads[i], NULL, mash, NULL);
  for (int i = 0; i < count; i++) pthread_join(threads[i], NULL);
}

static void *small_stack(void *argument) {
  say("  in a small thread");
  raise(*(int *)argument);
  say("  small thread goes on");
  return NULL;
}

static void in_small_thread(const void *argument) {
  int number = *(const int *)argument;
  pthread_attr_t attributes;
  pthread_t thread;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 16384);
  if (number < 0) {
    number = -number;
    signal(number, record_handler);
  }
  pthread_create(&thread, &attributes, small_stack, &number);
  pthread_join(thread, NULL);
  say("  alive");
}

static void on_small_alternate(const void *argument) {
  int number = *(const int *)argument;
  stack_t stack = {.ss_sp = own_stack, .ss_size = (size_t)sysconf(_SC_MINSIGSTKSZ)};
  say("  sigaltstack %d", sigaltstack(&stack, NULL));
  raise(number);
}

static int as_init(void *argument) {
  int way = *(int *)argument;
  case_parent = 0;
  if (way == 1) {
    if (fork() == 0) {
      say("  child of init, pid %d", getpid());
      raise(SIGTERM);
      _exit(0);
    }
    int status;
    wait(&status);
    say("  its status %04x", (unsigned)status);
  }
  if (way == 4) signal(SIGTERM, record_handler);
  for (int n = 1; n <= 64; n++)
    if (n != SIGKILL && n != SIGSTOP && n != 32 && n != 33) kill(getpid(), n);
  say_state();
  for (int n = 1; n <= 64; n++) say_action("  pid 1", n);
  struct timespec moment = {0, 1000000};
  say("  nanosleep %d", nanosleep(&moment, NULL));
  if (way == 2) *(volatile int *)0x1234 = 1;
  if (way == 3) abort();
#if defined(__x86_64__)
  if (way == 5) __asm__ volatile("int3");
#else
  if (way == 5) __asm__ volatile("brk #0");
#endif
  return 11;
}

static char clone_stack[1 << 18] __attribute__((aligned(16)));

static void init_of_a_namespace(const void *argument) {
  int status = 0;
  pid_t child = clone(as_init, clone_stack + sizeof clone_stack, CLONE_NEWPID | SIGCHLD,
                      (void *)(uintptr_t)argument);
  if (child < 0) {
    say("  no namespace");
    return;
  }
  say("  waitpid %d", waitpid(child, &status, 0) == child);
  say("  status %04x", (unsigned)status);
}

static void nested(int number) {
  record_handler(number);
  if (number == SIGUSR1) raise(SIGUSR2);
  if (number == SIGUSR2) raise(SIGTERM);
  say("  leaving %d", number);
}

static void nesting(const void *argument) {
  signal(SIGUSR1, nested);
  signal(SIGUSR2, nested);
  if (*(const int *)argument) signal(SIGTERM, nested);
  raise(SIGUSR1);
  say("  alive");
}

static void *sets(void *argument) {
  int number = *(int *)argument;
  for (int i = 0; i < 20000; i++) {
    signal(number, i % 2 ? SIG_DFL : record_handler);
    struct sigaction action;
    sigaction(number, NULL, &action);
    if (action.sa_handler != SIG_DFL && action.sa_handler != record_handler) say("  torn handler");
    if (action.sa_handler == SIG_DFL && bits(&action.sa_mask) != 1ull << (number - 1))
      say("  torn mask");
  }
  return NULL;
}

static void racing_sets(const void *unused) {
  (void)unused;
  int number = SIGTERM;
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, sets, &number);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  say("  alive");
}

static void *main_ended(void *unused) {
  (void)unused;
  raise(SIGTERM);
  return NULL;
}

static void after_main(const void *unused) {
  (void)unused;
  pthread_t thread;
  pthread_create(&thread, NULL, main_ended, NULL);
  pthread_exit(NULL);
}

void thread_cases(void) {
  static const int counts[] = {1, 2, 4, 16};
  for (int i = 0; i < 4; i++) run_case(all_crash, &counts[i], "%d threads crash", counts[i]);
  for (int i = 0; i < 4; i++) run_case(mashed, &counts[i], "%d threads send SIGTERM", counts[i]);
  static const int numbers[] = {SIGTERM, SIGSEGV, SIGABRT, 40, -SIGUSR1, -SIGABRT};
  for (int i = 0; i < 6; i++) run_case(in_small_thread, &numbers[i], "small thread %d", numbers[i]);
  for (int i = 0; i < 4; i++)
    run_case(on_small_alternate, &numbers[i], "small alternate stack %d", numbers[i]);
  for (int i = 0; i < 6; i++) run_case(init_of_a_namespace, &i, "pid 1 of a namespace %d", i);
  for (int i = 0; i < 2; i++) run_case(nesting, &i, "nested handlers %d", i);
#if defined(__GLIBC__) // musl's sigaction is not atomic: it tells torn masks, as often as it happens
  run_case(racing_sets, NULL, "threads set one action");
#endif
  run_case(after_main, NULL, "killed after main's thread ended");
}
