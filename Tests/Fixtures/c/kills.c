// SIGKILL by another process of the tree: in every way, to children in every state. A child says that
// it is ready after its marked line ran; whatever it does afterwards it must not live to tell.
#include "fixture.h"
#include <pthread.h>
#include <sys/syscall.h>
#include <time.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_send_signal 424
#define SYS_pidfd_open 434
#endif

enum way {
  KILL, KILLPG, KILL_GROUP, TGKILL, SIGQUEUE, RAW_KILL, RAW_TKILL, RAW_TGKILL, RAW_SIGQUEUE,
  RAW_TGSIGQUEUE, PIDFD, WAYS
};

enum state { PAUSED, BUSY, SLEEPING, WAITING_FOR_SIGNALS, IN_HANDLER, IN_THREAD, CANCELLED, STATES };

static int ready[2];

static void say_ready(void) {
  if (write(ready[1], "x", 1) != 1) fail("write");
}

static void pause_in_handler(int number) {
  (void)number;
  say_ready();
  for (;;) pause();
}

static void *pause_in_thread(void *says) {
  if (says) say_ready();
  for (;;) pause();
  return NULL;
}

static void be_killed(enum state state) {
  struct timespec hour;
  pthread_t thread;
  sigset_t all;
  int got;
  hour.tv_sec = 3600;
  hour.tv_nsec = 0;
  child();
  switch (state) {
    case IN_HANDLER:
      signal(SIGUSR1, pause_in_handler);
      raise(SIGUSR1);
      break;
    case IN_THREAD:
      if (pthread_create(&thread, NULL, pause_in_thread, ready)) fail("pthread_create");
      pthread_exit(NULL);
    case CANCELLED: // libc's own handler stands for one of its signals from now on
      if (pthread_create(&thread, NULL, pause_in_thread, NULL)) fail("pthread_create");
      pthread_cancel(thread);
      pthread_join(thread, NULL);
      break;
    case WAITING_FOR_SIGNALS:
      sigfillset(&all);
      sigprocmask(SIG_SETMASK, &all, NULL);
      break;
    default: break;
  }
  say_ready();
  if (state == BUSY)
    for (volatile int i = 0;; i++) continue;
  if (state == SLEEPING) say("slept %d\n", nanosleep(&hour, NULL));
  if (state == WAITING_FOR_SIGNALS) {
    int result = sigwait(&all, &got);
    say("sigwait %d %d\n", result, got);
  }
  pause();
  say("woke up\n");
  after();
  _exit(1);
}

static int names_a_thread(enum way way) {
  return way == TGKILL || way == RAW_TKILL || way == RAW_TGKILL || way == RAW_TGSIGQUEUE;
}

static int send_by(enum way way, pid_t pid) {
  siginfo_t info;
  union sigval value;
  memset(&info, 0, sizeof info);
  info.si_code = SI_QUEUE;
  info.si_signo = SIGKILL;
  value.sival_int = 1;
  switch (way) {
    case KILL: return kill(pid, SIGKILL);
    case KILLPG: return killpg(pid, SIGKILL);
    case KILL_GROUP: return kill(-pid, SIGKILL);
    case TGKILL:
    case RAW_TGKILL: return (int)syscall(SYS_tgkill, pid, pid, SIGKILL);
    case SIGQUEUE: return sigqueue(pid, SIGKILL, value);
    case RAW_KILL: return (int)syscall(SYS_kill, pid, SIGKILL);
    case RAW_TKILL: return (int)syscall(SYS_tkill, pid, SIGKILL);
    case RAW_SIGQUEUE: return (int)syscall(SYS_rt_sigqueueinfo, pid, SIGKILL, &info);
    case RAW_TGSIGQUEUE: return (int)syscall(SYS_rt_tgsigqueueinfo, pid, pid, SIGKILL, &info);
    default: break;
  }
  int file = (int)syscall(SYS_pidfd_open, pid, 0);
  int result = (int)syscall(SYS_pidfd_send_signal, file, SIGKILL, NULL, 0);
  close(file);
  return result;
}

static int killed(const struct context *context) {
  char byte;
  (void)context;
  if (pipe(ready)) fail("pipe");
  for (int way = 0; way < WAYS; way++)
    for (int state = 0; state < STATES; state++) {
      // a dead thread takes a signal and does nothing with it
      if (state == IN_THREAD && names_a_thread((enum way)way)) continue;
      pid_t pid = fork();
      if (pid == 0) {
        setpgid(0, 0);
        be_killed((enum state)state);
      }
      if (read(ready[0], &byte, 1) != 1) fail("read");
      if (send_by((enum way)way, pid)) fail("kill");
      reap("child", pid);
    }
  parent_goes_on();
  return 0;
}

// Another program, killed by who started it.
static int killed_program(const struct context *context) {
  char byte, text[16];
  if (context->argument) {
    child();
    if (write(atoi(context->argument), "x", 1) != 1) fail("write");
    for (;;) pause();
  }
  if (pipe(ready)) fail("pipe");
  for (int i = 0; i < 10; i++) {
    pid_t pid = fork();
    if (pid == 0) {
      snprintf(text, sizeof text, "%d", ready[1]);
      execl(SELF, SELF, context->argv[1], context->argv[2], text, (char *)NULL);
      fail("exec");
    }
    if (read(ready[0], &byte, 1) != 1) fail("read");
    kill(pid, SIGKILL);
    reap("program", pid);
  }
  parent_goes_on();
  return 0;
}

// Parents that are killed while they exec, at any moment of it: the new program begins, or it does not,
// and no signal but SIGKILL ends it.
static int killed_at_exec(const struct context *context) {
  if (context->argument) {
    int left = atoi(context->argument);
    char text[16];
    if (left == 0)
      for (;;) pause();
    snprintf(text, sizeof text, "%d", left - 1);
    execl(SELF, SELF, context->argv[1], context->argv[2], text, (char *)NULL);
    fail("exec");
  }
  for (int i = 0; i < 60; i++) {
    struct timespec moment;
    pid_t pid = fork();
    if (pid == 0) {
      execl(SELF, SELF, context->argv[1], context->argv[2], "50", (char *)NULL);
      fail("exec");
    }
    moment.tv_sec = 0;
    moment.tv_nsec = i * 300000;
    nanosleep(&moment, NULL);
    kill(pid, SIGKILL);
    reap("program", pid);
  }
  parent_goes_on();
  return 0;
}

const struct death kill_deaths[] = {
    {"killed", killed},
    {"killed-program", killed_program},
    {"killed-at-exec", killed_at_exec},
    {NULL, NULL},
};
