// An instrumented library, loaded while the program runs. It lies beside the program in plugins/,
// found through the program's RUNPATH, and needs another one through its own.
#include "fixture.h"
#include <dlfcn.h>
#include <pthread.h>

#define END(name) static int name(const struct context *context)

typedef void (*work_function)(uint64_t *, int);
static void *handle;

static void load(int flags) {
  handle = dlopen("libouter.so", flags);
  if (!handle) {
    say("dlopen: %s\n", dlerror());
    _exit(95);
  }
}

static void use(int rounds) {
  work_function work = (work_function)dlsym(handle, "outer_work");
  work(tally, rounds);
}

END(loaded_return) {
  (void)context;
  load(RTLD_NOW);
  use(5);
  return 81;
}

END(loaded_killed) {
  (void)context;
  load(RTLD_LAZY | RTLD_GLOBAL);
  use(5);
  before();
  raise(SIGKILL);
  return 0;
}

static void *waits(void *unused) {
  (void)unused;
  for (;;) pause();
  return NULL;
}

// While a thread runs: nothing of the library is known to it before its constructors run.
END(loaded_beside_thread_killed) {
  (void)context;
  pthread_t thread;
  pthread_create(&thread, NULL, waits, NULL);
  load(RTLD_NOW);
  use(5);
  before();
  raise(SIGKILL);
  return 0;
}

END(loaded__exit) {
  (void)context;
  load(RTLD_NOW);
  use(5);
  _exit(82);
}

END(loaded_aborts) {
  (void)context;
  load(RTLD_NOW);
  use(5);
  abort();
}

END(unloaded_killed) {
  (void)context;
  load(RTLD_NOW);
  use(5);
  say("dlclose %d\n", dlclose(handle));
  before();
  raise(SIGKILL);
  return 0;
}

END(reloaded_killed) {
  (void)context;
  for (int i = 0; i < 10; i++) {
    load(RTLD_NOW);
    use(3);
    if (i < 9) dlclose(handle);
  }
  raise(SIGKILL);
  return 0;
}

END(loaded_forks) {
  (void)context;
  load(RTLD_NOW);
  use(2);
  pid_t pid = fork();
  if (pid == 0) {
    use(7);
    dlclose(handle);
    child();
    raise(SIGKILL);
  }
  reap("child", pid);
  dlclose(handle);
  pid = fork();
  if (pid == 0) {
    load(RTLD_NOW);
    use(1);
    child();
    _exit(83);
  }
  reap("child", pid);
  parent_goes_on();
  raise(SIGKILL);
  return 0;
}

END(loaded_execs) {
  load(RTLD_NOW);
  use(4);
  execl(SELF, context->argv[0], context->argv[1], "again", (char *)NULL);
  return 97;
}

END(missing) {
  (void)context;
  say("%d\n", dlopen("libnowhere-to-be-found.so", RTLD_NOW) == NULL);
  say("%s\n", dlerror());
  before();
  raise(SIGKILL);
  return 0;
}

END(no_load) {
  (void)context;
  say("%d\n", dlopen("libouter.so", RTLD_NOW | RTLD_NOLOAD) == NULL);
  load(RTLD_NOW);
  void *same = dlopen("libouter.so", RTLD_NOW | RTLD_NOLOAD);
  say("%d\n", same == handle);
  use(1);
  raise(SIGKILL);
  return 0;
}

const struct death library_deaths[] = {
    {"dlopen-return", loaded_return},
    {"dlopen-killed", loaded_killed},
    {"dlopen-thread-killed", loaded_beside_thread_killed},
    {"dlopen-_exit", loaded__exit},
    {"dlopen-abort", loaded_aborts},
    {"dlclose-killed", unloaded_killed},
    {"dlopen-often", reloaded_killed},
    {"dlopen-fork", loaded_forks},
    {"dlopen-exec", loaded_execs},
    {"dlopen-missing", missing},
    {"dlopen-noload", no_load},
    {NULL, NULL},
};
