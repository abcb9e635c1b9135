// Signals whose default action ends the process, sent in every way.
#include "fixture.h"
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>

#define END(name) static int name(const struct context *context)

static int signal_of(const struct context *context) {
  return context->argument ? atoi(context->argument) : SIGTERM;
}

static void no_core(void) {
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
}

END(by_kill) {
  no_core();
  before();
  kill(getpid(), signal_of(context));
  after();
  return 0;
}

END(by_raise) {
  no_core();
  before();
  raise(signal_of(context));
  after();
  return 0;
}

END(by_tgkill) {
  no_core();
  before();
  syscall(SYS_tgkill, getpid(), (pid_t)syscall(SYS_gettid), signal_of(context));
  after();
  return 0;
}

END(by_sigqueue) {
  no_core();
  before();
  union sigval value;
  value.sival_int = 7;
  sigqueue(getpid(), signal_of(context), value);
  after();
  return 0;
}

END(by_blocked_then_unblocked) {
  sigset_t set;
  no_core();
  sigemptyset(&set);
  sigaddset(&set, signal_of(context));
  sigprocmask(SIG_BLOCK, &set, NULL);
  raise(signal_of(context));
  before();
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  after();
  return 0;
}

// An inherited or own SIG_IGN stays ignored.
END(ignored) {
  signal(signal_of(context), SIG_IGN);
  before();
  raise(signal_of(context));
  survivor();
  return 0;
}

// Starts a child that runs `body`, waits until it said so, then sends it the signal.
static void from_outside(int number, int stop_first) {
  int ready[2];
  char byte;
  if (pipe(ready)) fail("pipe");
  pid_t pid = fork();
  if (pid == 0) {
    child();
    if (write(ready[1], "x", 1) != 1) fail("write");
    for (;;) pause();
  }
  if (read(ready[0], &byte, 1) != 1) fail("read");
  if (stop_first) {
    int status;
    kill(pid, SIGSTOP);
    waitpid(pid, &status, WUNTRACED);
    say("stopped %d\n", WIFSTOPPED(status));
  }
  kill(pid, number);
  close(ready[0]);
  close(ready[1]);
  reap("child", pid);
}

END(outside) {
  no_core();
  from_outside(signal_of(context), 0);
  parent_goes_on();
  return 0;
}

END(while_stopped) {
  no_core();
  from_outside(context->argument ? signal_of(context) : SIGKILL, 1);
  parent_goes_on();
  return 0;
}

static const int fatal[] = {SIGHUP,  SIGINT,    SIGQUIT, SIGILL,  SIGTRAP,   SIGABRT, SIGBUS,
                            SIGFPE,  SIGKILL,   SIGUSR1, SIGSEGV, SIGUSR2,   SIGPIPE, SIGALRM,
                            SIGTERM, SIGSTKFLT, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGIO,
                            SIGPWR,  SIGSYS,    34,      35,      50,        64};

// Each of them once, in children: one recording for them all.
static int each(void (*send)(int)) {
  no_core();
  for (unsigned i = 0; i < sizeof fatal / sizeof *fatal; i++) {
    if (!send) {
      from_outside(fatal[i], 0);
      continue;
    }
    pid_t pid = fork();
    if (pid == 0) {
      child();
      send(fatal[i]);
      after();
      _exit(0);
    }
    reap("child", pid);
  }
  parent_goes_on();
  return 0;
}

static void send_by_raise(int number) { raise(number); }
static void send_by_kill(int number) { kill(getpid(), number); }
static void send_by_pthread_kill(int number) { pthread_kill(pthread_self(), number); }
static void send_by_sigqueue(int number) {
  union sigval value;
  value.sival_int = 1;
  sigqueue(getpid(), number, value);
}

END(each_by_raise) {
  (void)context;
  return each(send_by_raise);
}
END(each_by_kill) {
  (void)context;
  return each(send_by_kill);
}
END(each_by_pthread_kill) {
  (void)context;
  return each(send_by_pthread_kill);
}
END(each_by_sigqueue) {
  (void)context;
  return each(send_by_sigqueue);
}
END(each_from_outside) {
  (void)context;
  return each(NULL);
}

END(by_alarm) {
  struct itimerval soon = {{0, 0}, {0, 1000}};
  (void)context;
  before();
  setitimer(ITIMER_REAL, &soon, NULL);
  for (;;) pause();
}

END(by_pipe) {
  int ends[2];
  (void)context;
  if (pipe(ends)) fail("pipe");
  close(ends[0]);
  before();
  if (write(ends[1], "x", 1) < 0) after();
  return 0;
}

// The parent's death takes the child.
END(by_parent_death) {
  int ready[2];
  char byte;
  (void)context;
  if (pipe(ready)) fail("pipe");
  pid_t middle = fork();
  if (middle == 0) {
    pid_t pid = fork();
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      grandchild();
      if (write(ready[1], "x", 1) != 1) fail("write");
      for (;;) pause();
    }
    if (read(ready[0], &byte, 1) != 1) fail("read");
    child();
    _exit(0);
  }
  close(ready[1]);
  reap("middle", middle);
  while (read(ready[0], &byte, 1) > 0) // end of file: the grandchild is gone
    continue;
  parent_goes_on();
  return 0;
}

// A whole process group at once, its leader included.
END(group) {
  (void)context;
  pid_t leader = fork();
  if (leader == 0) {
    int ready[2];
    char byte;
    setsid();
    if (pipe(ready)) fail("pipe");
    for (int i = 0; i < 3; i++)
      if (fork() == 0) {
        grandchild();
        if (write(ready[1], "x", 1) != 1) fail("write");
        for (;;) pause();
      }
    for (int i = 0; i < 3; i++)
      if (read(ready[0], &byte, 1) != 1) fail("read");
    child();
    kill(0, SIGKILL);
    after();
  }
  reap("leader", leader);
  parent_goes_on();
  return 0;
}

const struct death signal_deaths[] = {
    {"kill", by_kill},
    {"raise", by_raise},
    {"tgkill", by_tgkill},
    {"sigqueue", by_sigqueue},
    {"unblocked", by_blocked_then_unblocked},
    {"ignored", ignored},
    {"outside", outside},
    {"while-stopped", while_stopped},
    {"each-raise", each_by_raise},
    {"each-kill", each_by_kill},
    {"each-pthread_kill", each_by_pthread_kill},
    {"each-sigqueue", each_by_sigqueue},
    {"each-outside", each_from_outside},
    {"alarm", by_alarm},
    {"pipe", by_pipe},
    {"parent-death", by_parent_death},
    {"group", group},
    {NULL, NULL},
};
