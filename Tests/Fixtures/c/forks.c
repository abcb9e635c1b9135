// Children by fork and the functions built on it. What ran before a fork counts once, and parent
// and child do not see each other's data.
#include "fixture.h"
#include <fcntl.h>
#include <pty.h>
#include <sys/prctl.h>

#define END(name) static int name(const struct context *context)

// `_Fork` came with glibc 2.34.
extern
#ifdef __cplusplus
    "C"
#endif
    pid_t
    _Fork(void);

static void child_of_fork(const char *how) {
  neighbours_set(99);
  times(child, 5);
  if (!strcmp(how, "kill")) raise(SIGKILL);
  if (!strcmp(how, "_exit")) _exit(41);
  if (!strcmp(how, "term")) raise(SIGTERM);
  if (!strcmp(how, "abort")) abort();
  exit(42);
}

END(forked) {
  const char *how = context->argument ? context->argument : "exit";
  neighbours_set(7);
  times(before, 3);
  pid_t pid = fork();
  if (pid == 0) child_of_fork(how);
  reap("child", pid);
  neighbours_say("parent");
  times(parent_goes_on, 2);
  return 40;
}

// Both go on, both are killed: the parent with the child still running.
END(forked_both_killed) {
  (void)context;
  int ready[2];
  char byte;
  if (pipe(ready)) fail("pipe");
  before();
  if (fork() == 0) {
    child();
    close(ready[0]);
    if (write(ready[1], "x", 1) != 1) fail("write");
    close(ready[1]);
    raise(SIGKILL);
  }
  if (read(ready[0], &byte, 1) != 1) fail("read");
  wait(NULL);
  parent_goes_on();
  raise(SIGKILL);
  return 0;
}

static void tree(int depth) {
  times(child, depth + 1);
  if (depth == 0) raise(SIGKILL);
  pid_t left = fork();
  if (left == 0) tree(depth - 1);
  pid_t right = fork();
  if (right == 0) tree(depth - 1);
  int status;
  waitpid(left, &status, 0);
  waitpid(right, &status, 0);
  if (depth % 2) _exit(depth);
  raise(SIGTERM);
}

END(fork_tree) {
  (void)context;
  pid_t pid = fork();
  if (pid == 0) tree(4);
  reap("tree", pid);
  parent_goes_on();
  return 0;
}

END(fork__Fork) {
  (void)context;
  neighbours_set(7);
  times(before, 3);
  pid_t pid = _Fork();
  if (pid == 0) {
    neighbours_set(99);
    times(child, 5);
    raise(SIGKILL);
  }
  reap("child", pid);
  neighbours_say("parent");
  parent_goes_on();
  return 0;
}

// Becomes the reaper of what is orphaned below, and waits for it: nothing is timed.
static void adopt(void) { prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

END(double_fork) {
  (void)context;
  adopt();
  neighbours_set(7);
  before();
  pid_t pid = fork();
  if (pid == 0) {
    setsid();
    child();
    if (fork() == 0) {
      while (getppid() != 1 && tally_of(3) == 0) continue;
      neighbours_set(99);
      times(grandchild, 4);
      raise(SIGKILL);
    }
    _exit(0);
  }
  reap_all("root");
  neighbours_say("parent");
  parent_goes_on();
  return 0;
}

END(by_daemon) {
  (void)context;
  adopt();
  before();
  pid_t pid = fork();
  if (pid == 0) {
    child();
    if (daemon(1, 0)) fail("daemon");
    times(grandchild, 4);
    raise(SIGKILL);
  }
  reap_all("root");
  parent_goes_on();
  return 0;
}

// As old daemons do: every descriptor closed, also those that are not theirs.
END(daemon_closes_all) {
  (void)context;
  adopt();
  pid_t pid = fork();
  if (pid == 0) {
    setsid();
    if (fork() != 0) _exit(0);
    for (int fd = 0; fd < 1024; fd++) close(fd);
    open("/dev/null", O_RDWR);
    if (dup(0) < 0 || dup(0) < 0) _exit(90);
    grandchild();
    pid_t last = fork();
    if (last == 0) {
      times(child, 3);
      raise(SIGKILL);
    }
    int status;
    waitpid(last, &status, 0);
    grandchild();
    abort();
  }
  reap_all("root");
  parent_goes_on();
  return 0;
}

END(by_forkpty) {
  (void)context;
  int terminal;
  char text[256];
  neighbours_set(7);
  before();
  pid_t pid = forkpty(&terminal, NULL, NULL, NULL);
  if (pid == 0) {
    neighbours_set(99);
    times(child, 2);
    raise(SIGKILL);
  }
  while (read(terminal, text, sizeof text) > 0) continue;
  reap("child", pid);
  neighbours_say("parent");
  parent_goes_on();
  return 0;
}

// The parent is gone first; the orphan works on and is killed.
END(orphan) {
  (void)context;
  int gone[2];
  char byte;
  adopt();
  if (pipe(gone)) fail("pipe");
  pid_t pid = fork();
  if (pid == 0) {
    child();
    if (fork() == 0) {
      close(gone[1]);
      if (read(gone[0], &byte, 1) != 0) // end of file: the parent is dead
        fail("read");
      times(grandchild, 6);
      raise(SIGKILL);
    }
    close(gone[0]);
    raise(SIGKILL);
  }
  close(gone[0]);
  close(gone[1]);
  reap_all("root");
  parent_goes_on();
  return 0;
}

// The whole tree ends while an orphan lives on: whoever waits for our output waits for it.
END(abandoned) {
  (void)context;
  int gone[2];
  char byte;
  if (pipe(gone)) fail("pipe");
  before();
  if (fork() == 0) {
    close(gone[1]);
    if (read(gone[0], &byte, 1) != 0) fail("read");
    times(child, 6);
    raise(SIGKILL);
  }
  return 35;
}

// A child that forks on, many generations deep, each ends by its own way.
END(chain) {
  (void)context;
  for (int depth = 0; depth < 12; depth++) {
    pid_t pid = fork();
    if (pid != 0) {
      int status;
      waitpid(pid, &status, 0);
      if (depth == 0) {
        say_status("first", status);
        parent_goes_on();
        return 0;
      }
      if (depth % 3 == 0) raise(SIGKILL);
      if (depth % 3 == 1) _exit(depth);
      exit(depth);
    }
    child();
  }
  raise(SIGKILL);
  return 0;
}

const struct death fork_deaths[] = {
    {"fork", forked},
    {"fork-both-killed", forked_both_killed},
    {"fork-tree", fork_tree},
    {"_Fork", fork__Fork},
    {"double-fork", double_fork},
    {"daemon", by_daemon},
    {"daemon-closes-all", daemon_closes_all},
    {"forkpty", by_forkpty},
    {"orphan", orphan},
    {"abandoned", abandoned},
    {"chain", chain},
    {NULL, NULL},
};
