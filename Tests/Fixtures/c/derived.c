// Forks in the middle of functions. The marked lines stand in blocks that compilers do not count but
// derive: what the branch beside them counts is taken from what the function around them counts, and
// a child counts the one without the other.
#include "fixture.h"
#include <pthread.h>

#define END(name) static int name(const struct context *context)

__attribute__((noreturn)) NOINLINE static void leave(const char *how) {
  if (!strcmp(how, "kill")) raise(SIGKILL);
  if (!strcmp(how, "abort")) abort();
  _exit(5);
}

static const char *ending(const struct context *context) {
  return context->argument ? context->argument : "_exit";
}

// The usual form: the child has its branch and leaves, the parent is in the other.
END(else_of_fork) {
  if (fork() == 0) {
    mark(50); // line "child of else-of-fork"
    leave(ending(context));
  } else {
    mark(51);
    reap_all("parent");
  }
  if (context->argument == NULL) {
    mark(52);
  } else {
    mark(53);
  }
  return 0;
}

// The rest of the function is the other branch.
NOINLINE static int goes_on(const char *how) {
  if (fork() == 0) {
    leave(how);
    return 1;
  }
  mark(54);
  reap_all("parent");
  return 0;
}

END(rest_after_fork) { return goes_on(ending(context)); }

// The fork is in a callee; the derived block is in the caller, one or two frames up.
NOINLINE static pid_t start(void) { return fork(); }

NOINLINE static int caller(const char *how) {
  pid_t pid = start();
  if (pid == 0) {
    mark(55);
    leave(how);
  } else {
    mark(56);
  }
  return 0;
}

END(fork_in_callee) {
  if (caller(ending(context)) != 0) {
    return 1;
  }
  reap_all("parent");
  mark(57);
  return 0;
}

// As servers do: workers leave the loop, the parent stays in it.
END(fork_in_loop) {
  int is_worker = 0;
  for (int i = 0; i < 5; i++) {
    if (fork() == 0) {
      is_worker = 1;
      break;
    }
    mark(59);
  }
  if (is_worker) {
    mark(60);
    leave(ending(context));
  } else {
    mark(61);
  }
  reap_all("parent");
  return 0;
}

// Two forks deep, each child going on in the same function.
END(nested_forks) {
  int gone = 0;
  if (fork() == 0) {
    if (fork() == 0) {
      mark(62);
      leave(ending(context));
    } else {
      mark(63);
      gone = 1;
    }
    reap_all("child");
    if (gone) {
      _exit(0);
    } else {
      mark(58);
    }
  } else {
    mark(64);
  }
  reap_all("parent");
  return 0;
}

// All four processes take one way; the other was never taken, before the forks or after.
NOINLINE static int known(int value) {
  if (value > 0) {
    return 1;
  } else {
    mark(58);
    return 0;
  }
}

END(other_way) {
  int first = known(1), before = 0;
  if (first) {
    before = 1;
  } else {
    mark(58);
  }
  fork();
  fork();
  if (first + before == 2) {
    known(2);
  } else {
    mark(58);
  }
  if (known(3)) {
    mark(65);
  } else {
    mark(58);
  }
  while (wait(NULL) > 0) continue;
  return 0;
}

// A function whose other way was taken before the fork only.
NOINLINE static int chosen(int value) {
  if (value > 1) {
    return 1;
  } else {
    mark(66);
  }
  return 0;
}

END(taken_before) {
  int sum = chosen(0);
  for (int i = 0; i < 3; i++)
    if (fork() == 0) {
      sum += chosen(2) + chosen(3);
      leave(ending(context));
    } else {
      mark(67);
    }
  reap_all("parent");
  return sum;
}

NOINLINE static void *in_a_thread(void *how) {
  if (fork() == 0) {
    leave((const char *)how);
  } else {
    mark(68);
  }
  return NULL;
}

END(fork_in_thread) {
  pthread_t thread;
  pthread_create(&thread, NULL, in_a_thread, (void *)(uintptr_t)ending(context));
  pthread_join(thread, NULL);
  reap_all("parent");
  return 0;
}

// The program again in each child, whose slots are those of earlier ones.
END(forks_again) {
  char again[] = "else-of-fork";
  for (int i = 0; i < 3; i++) {
    pid_t pid = fork();
    if (pid == 0) {
      context->argv[2] = again;
      execv(SELF, context->argv);
      fail("execv");
    } else {
      mark(69);
      reap("program", pid);
    }
  }
  return 0;
}

const struct death derived_deaths[] = {
    {"else-of-fork", else_of_fork},
    {"rest-after-fork", rest_after_fork},
    {"fork-in-callee", fork_in_callee},
    {"fork-in-loop", fork_in_loop},
    {"nested-forks", nested_forks},
    {"other-way", other_way},
    {"taken-before", taken_before},
    {"fork-in-thread", fork_in_thread},
    {"forks-again", forks_again},
    {NULL, NULL},
};
