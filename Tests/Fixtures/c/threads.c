// Many threads, and the ways a process with threads ends.
#include "fixture.h"
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>

#define END(name) static int name(const struct context *context)
#define THREADS 8
#define ROUNDS 20000

static pthread_barrier_t barrier;

static void *busy(void *argument) {
  int number = (int)(intptr_t)argument;
  for (int i = 0; i < ROUNDS; i++) in_thread_number(number);
  pthread_barrier_wait(&barrier);
  for (;;) pause();
  return NULL;
}

// All threads have counted and still live.
static void start_busy(void) {
  pthread_t thread;
  pthread_barrier_init(&barrier, NULL, THREADS + 1);
  for (intptr_t i = 0; i < THREADS; i++)
    if (pthread_create(&thread, NULL, busy, (void *)i)) fail("pthread_create");
  pthread_barrier_wait(&barrier);
}

END(busy_killed) {
  (void)context;
  start_busy();
  before();
  raise(SIGKILL);
  return 0;
}

END(busy_return) {
  (void)context;
  start_busy();
  before();
  return 71;
}

END(busy_fault) {
  (void)context;
  start_busy();
  before();
  kill(getpid(), SIGTERM);
  pause();
  return 0;
}

END(busy_fork) {
  (void)context;
  start_busy();
  neighbours_set(7);
  for (int i = 0; i < 20; i++) {
    pid_t pid = fork();
    if (pid == 0) {
      neighbours_set(99);
      child();
      raise(SIGKILL);
    }
    int status;
    waitpid(pid, &status, 0);
  }
  neighbours_say("parent");
  parent_goes_on();
  raise(SIGKILL);
  return 0;
}

END(busy_exec) {
  start_busy();
  before();
  execl(SELF, context->argv[0], context->argv[1], "again", (char *)NULL);
  return 97;
}

// Threads that never stop counting while the process ends: bounds, not equality.
static void *endless(void *argument) {
  int number = (int)(intptr_t)argument;
  for (;;) {
    about_to(20 + number);
    in_thread_number(number);
  }
  return NULL;
}

static void start_endless(void) {
  pthread_t thread;
  for (intptr_t i = 0; i < THREADS; i++)
    if (pthread_create(&thread, NULL, endless, (void *)i)) fail("pthread_create");
  for (int i = 0; i < THREADS; i++)
    while (tally_of(20 + i) < 1000) sched_yield();
}

END(racing_return) {
  (void)context;
  start_endless();
  return 72;
}

END(racing_kill) {
  (void)context;
  start_endless();
  raise(SIGKILL);
  return 0;
}

END(racing_exit) {
  (void)context;
  start_endless();
  atexit(at_end);
  exit(73);
}

static void *exits(void *argument) {
  in_thread();
  if (argument) _exit(74);
  exit(75);
}

END(thread_exits) {
  pthread_t thread;
  before();
  pthread_create(&thread, NULL, exits, (void *)context->argument);
  for (;;) pause();
}

static void *kills(void *argument) {
  in_thread();
  raise((int)(intptr_t)argument);
  return NULL;
}

END(thread_killed) {
  pthread_t thread;
  before();
  pthread_create(&thread, NULL, kills, (void *)(intptr_t)atoi(context->argument));
  for (;;) pause();
}

static void *execs(void *argument) {
  const struct context *context = (const struct context *)argument;
  in_thread();
  execl(SELF, context->argv[0], context->argv[1], "again", (char *)NULL);
  return NULL;
}

END(thread_execs) {
  pthread_t thread;
  before();
  pthread_create(&thread, NULL, execs, (void *)(uintptr_t)context);
  for (;;) pause();
}

END(main_leaves_alone) {
  (void)context;
  atexit(at_end);
  before();
  pthread_exit(NULL);
  after();
  return 1;
}

static pthread_t main_thread;

static void *outlives(void *argument) {
  (void)argument;
  pthread_join(main_thread, NULL);
  times(in_thread, 3);
  return NULL;
}

// main's thread is gone, another one works on and is the last to go.
END(main_leaves) {
  (void)context;
  pthread_t thread;
  atexit(at_end);
  main_thread = pthread_self();
  before();
  pthread_create(&thread, NULL, outlives, NULL);
  pthread_exit(NULL);
  after();
  return 1;
}

static void *last_is_killed(void *argument) {
  (void)argument;
  pthread_join(main_thread, NULL);
  times(in_thread, 3);
  kill(getpid(), SIGKILL);
  return NULL;
}

END(main_leaves_then_kill) {
  (void)context;
  pthread_t thread;
  main_thread = pthread_self();
  before();
  pthread_create(&thread, NULL, last_is_killed, NULL);
  pthread_exit(NULL);
  return 1;
}

END(main_cancelled) {
  (void)context;
  before();
  pthread_cancel(pthread_self());
  pthread_testcancel();
  after();
  return 1;
}

const struct death thread_deaths[] = {
    {"busy-killed", busy_killed},
    {"busy-return", busy_return},
    {"busy-term", busy_fault},
    {"busy-fork", busy_fork},
    {"busy-exec", busy_exec},
    {"racing-return", racing_return},
    {"racing-kill", racing_kill},
    {"racing-exit", racing_exit},
    {"thread-exit", thread_exits},
    {"thread-killed", thread_killed},
    {"thread-exec", thread_execs},
    {"pthread_exit", main_leaves_alone},
    {"pthread_exit-outlived", main_leaves},
    {"pthread_exit-killed", main_leaves_then_kill},
    {"cancelled", main_cancelled},
    {NULL, NULL},
};
