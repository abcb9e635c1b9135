// Children that share the caller's memory until they exec, and what libc builds on them.
#include "fixture.h"
#include <fcntl.h>
#include <spawn.h>
#include <wordexp.h>

#define END(name) static int name(const struct context *context)

extern char **environ;

static char command[4096];
static const char *self_command(const struct context *context, const char *prefix,
                                const char *suffix) {
  snprintf(command, sizeof command, "%s'%s' '%s' again %s", prefix, context->argv[0],
           context->argv[1], suffix);
  return command;
}

#define ARGV(argument) \
  char *argv[] = {context->argv[0], context->argv[1], (char *)"again", (char *)argument, NULL}

END(vfork_exec) {
  ARGV("kill");
  before();
  pid_t pid = vfork();
  if (pid == 0) {
    child();
    execv(SELF, argv);
    _exit(96);
  }
  reap("child", pid);
  parent_goes_on();
  return 61;
}

END(vfork_exec_bare) {
  ARGV("count");
  char *envp[] = {(char *)"FIXTURE=vfork", NULL};
  before();
  pid_t pid = vfork();
  if (pid == 0) {
    execve(SELF, argv, envp);
    _exit(96);
  }
  reap("child", pid);
  parent_goes_on();
  return 61;
}

END(vfork__exit) {
  (void)context;
  before();
  pid_t pid = vfork();
  if (pid == 0) {
    times(child, 3);
    _exit(62);
  }
  reap("child", pid);
  parent_goes_on();
  return 63;
}

END(vfork_exec_fails) {
  ARGV(NULL);
  before();
  pid_t pid = vfork();
  if (pid == 0) {
    child();
    execv("/nonexistent", argv);
    _exit(64);
  }
  reap("child", pid);
  parent_goes_on();
  raise(SIGKILL);
  return 0;
}

END(vfork_killed) {
  (void)context;
  before();
  pid_t pid = vfork();
  if (pid == 0) {
    child();
    kill(getpid(), SIGKILL);
  }
  reap("child", pid);
  parent_goes_on();
  raise(SIGKILL);
  return 0;
}

static int spawned(const struct context *context, const char *argument, int search, char **envp,
                   posix_spawnattr_t *attributes, posix_spawn_file_actions_t *actions) {
  ARGV(argument);
  pid_t pid;
  before();
  int error = search ? posix_spawnp(&pid, context->argv[0], actions, attributes, argv, envp)
                     : posix_spawn(&pid, SELF, actions, attributes, argv, envp);
  if (error) {
    say("error %d\n", error);
    return 65;
  }
  reap("child", pid);
  parent_goes_on();
  return 66;
}

END(by_spawn) { return spawned(context, "kill", 0, environ, NULL, NULL); }
END(by_spawnp) { return spawned(context, NULL, 1, environ, NULL, NULL); }

END(by_spawn_environment) {
  char *envp[] = {(char *)"FIXTURE=spawn", NULL};
  return spawned(context, "count", 0, envp, NULL, NULL);
}

END(by_spawn_attributes) {
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t actions;
  sigset_t all, none;
  sigfillset(&all);
  sigdelset(&all, SIGKILL);
  sigdelset(&all, SIGSTOP);
  sigemptyset(&none);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  return spawned(context, "kill", 0, environ, &attributes, &actions);
}

END(by_spawn_fails) {
  ARGV(NULL);
  pid_t pid;
  before();
  say("error %d\n", posix_spawn(&pid, "/nonexistent", NULL, NULL, argv, environ));
  survivor();
  raise(SIGKILL);
  return 0;
}

END(by_system) {
  before();
  say_status("system", system(self_command(context, "", "kill")));
  parent_goes_on();
  return 67;
}

END(by_system_bare) {
  before();
  say_status("system", system(self_command(context, "env -i FIXTURE=system ", "count")));
  parent_goes_on();
  return 67;
}

END(by_popen) {
  before();
  char line[256];
  FILE *output = popen(self_command(context, "FIXTURE=popen ", "kill"), "r");
  while (output && fgets(line, sizeof line, output)) say("popen: %s", line);
  say_status("popen", pclose(output));
  parent_goes_on();
  return 68;
}

END(by_wordexp) {
  wordexp_t words;
  char text[4096];
  before();
  self_command(context, "FIXTURE=wordexp ", "");
  snprintf(text, sizeof text, "$(%s)", command);
  say("wordexp %d\n", wordexp(text, &words, 0));
  parent_goes_on();
  return 69;
}

// Whatever the argument names, started with the tally and told to end its own way: foreign
// children (static, musl, 32-bit, set-id) of an instrumented parent.
END(foreign) {
  before();
  pid_t pid;
  char *argv[] = {(char *)context->argument, context->argv[1], NULL};
  int error = posix_spawn(&pid, context->argument, NULL, NULL, argv, environ);
  if (error) say("error %d\n", error);
  else reap("foreign", pid);
  parent_goes_on();
  execv(context->argument, argv);
  after();
  return 97;
}

const struct death spawn_deaths[] = {
    {"vfork-exec", vfork_exec},
    {"vfork-exec-bare", vfork_exec_bare},
    {"vfork-_exit", vfork__exit},
    {"vfork-exec-fails", vfork_exec_fails},
    {"vfork-killed", vfork_killed},
    {"spawn", by_spawn},
    {"spawnp", by_spawnp},
    {"spawn-environment", by_spawn_environment},
    {"spawn-attributes", by_spawn_attributes},
    {"spawn-fails", by_spawn_fails},
    {"system", by_system},
    {"system-bare", by_system_bare},
    {"popen", by_popen},
    {"wordexp", by_wordexp},
    {"foreign", foreign},
    {NULL, NULL},
};
