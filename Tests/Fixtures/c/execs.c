// Becoming another program, by every entry point and with every kind of environment.
#include "fixture.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define END(name) static int name(const struct context *context)

extern char **environ;

// The life after an exec. Tells the environment that it sees, but for our own two variables.
END(second_life) {
  int count = 0;
  for (char **entry = environ; entry && *entry; entry++)
    if (strncmp(*entry, "LD_PRELOAD=", 11) && strncmp(*entry, "SALVAGE_RECORDING=", 18)) {
      if (!strncmp(*entry, "FIXTURE", 7)) say("%s\n", *entry);
      count++;
    }
  again();
  if (context->argument && !strcmp(context->argument, "count")) say("%d variables\n", count);
  if (context->argument && !strcmp(context->argument, "kill")) raise(SIGKILL);
  return 51;
}

// Many lives of one pid: the argument says how many are left.
END(lives) {
  int left = context->argument ? atoi(context->argument) : 20;
  char number[16];
  again();
  if (left == 0) raise(SIGKILL);
  snprintf(number, sizeof number, "%d", left - 1);
  execl(SELF, context->argv[0], context->argv[1], "lives", number, (char *)NULL);
  return 97;
}

#define ARGV(argument) \
  char *argv[] = {context->argv[0], context->argv[1], (char *)"again", (char *)argument, NULL}

END(by_execve) {
  ARGV("kill");
  before();
  execve(SELF, argv, environ);
  after();
  return 97;
}

END(by_execv) {
  ARGV(NULL);
  before();
  execv(SELF, argv);
  after();
  return 97;
}

END(by_execvp) {
  ARGV(NULL);
  before();
  execvp(context->argv[0], argv);
  after();
  return 97;
}

END(by_execvpe) {
  ARGV("count");
  char *envp[] = {(char *)"FIXTURE=e", NULL};
  before();
  execvpe(context->argv[0], argv, envp);
  after();
  return 97;
}

// Looked up on PATH, by name alone.
END(by_execvp_path) {
  ARGV(NULL);
  char directory[1024];
  snprintf(directory, sizeof directory, "%s", context->argv[0]);
  char *slash = strrchr(directory, '/');
  if (!slash) return 96;
  *slash = 0;
  setenv("PATH", directory, 1);
  before();
  execvp(slash + 1, argv);
  after();
  return 97;
}

END(by_execl) {
  before();
  execl(SELF, context->argv[0], context->argv[1], "again", (char *)NULL);
  after();
  return 97;
}

END(by_execlp) {
  before();
  execlp(context->argv[0], context->argv[0], context->argv[1], "again", "kill", (char *)NULL);
  after();
  return 97;
}

END(by_execle) {
  char *envp[] = {(char *)"FIXTURE=le", (char *)"OTHER=1", NULL};
  before();
  execle(SELF, context->argv[0], context->argv[1], "again", "count", (char *)NULL, envp);
  after();
  return 97;
}

END(by_fexecve) {
  ARGV(NULL);
  int fd = open(SELF, O_RDONLY | O_CLOEXEC);
  before();
  fexecve(fd, argv, environ);
  after();
  return 97;
}

END(by_execveat) {
  ARGV(NULL);
  int fd = open(SELF, O_RDONLY | O_CLOEXEC);
  before();
#ifdef __GLIBC__
  execveat(fd, "", argv, environ, AT_EMPTY_PATH);
#else
  (void)fd;
#endif
  after();
  return 97;
}

END(by_syscall_execve) {
  ARGV("count");
  char *envp[] = {(char *)"FIXTURE=raw", NULL};
  before();
  syscall(SYS_execve, SELF, argv, envp);
  after();
  return 97;
}

// A copy that never had a name: /proc/self/exe says "(deleted)".
END(by_memfd) {
  ARGV("kill");
  int from = open(SELF, O_RDONLY | O_CLOEXEC), to = memfd_create("deaths", MFD_CLOEXEC);
  off_t size = lseek(from, 0, SEEK_END), done = 0;
  while (done < size)
    if (sendfile(to, from, &done, (size_t)(size - done)) <= 0) fail("sendfile");
  before();
  fexecve(to, argv, environ);
  after();
  return 97;
}

END(empty_environment) {
  ARGV("count");
  char *envp[] = {NULL};
  before();
  execve(SELF, argv, envp);
  after();
  return 97;
}

END(null_environment) {
  ARGV("count");
  before();
  char **none = NULL;
  execve(SELF, argv, none);
  after();
  return 97;
}

END(cleared_environment) {
  ARGV("count");
  clearenv();
  setenv("FIXTURE", "cleared", 1);
  before();
  execv(SELF, argv);
  after();
  return 97;
}

// What scrubbers such as sudo or test runners do.
END(scrubbed_environment) {
  ARGV("count");
  unsetenv("LD_PRELOAD");
  unsetenv("SALVAGE_RECORDING");
  before();
  execv(SELF, argv);
  after();
  return 97;
}

// Another preload of the program's own stays, behind ours.
END(own_preload) {
  ARGV(NULL);
  setenv("LD_PRELOAD", "libm.so.6", 1);
  setenv("FIXTURE", "preload", 1);
  before();
  execv(SELF, argv);
  after();
  return 97;
}

// More entries than fit anybody's fixed table.
END(large_environment) {
  ARGV("count");
  char name[32];
  for (int i = 0; i < 6000; i++) {
    snprintf(name, sizeof name, "FILL%d", i);
    setenv(name, "x", 1);
  }
  unsetenv("LD_PRELOAD");
  before();
  execv(SELF, argv);
  after();
  return 97;
}

END(failing) {
  ARGV(NULL);
  char *envp[] = {(char *)"FIXTURE=fails", NULL};
  before();
  execve("/nonexistent/program", argv, envp);
  say("errno %d\n", errno);
  execv("/etc", argv);
  say("errno %d\n", errno);
  execvp("no-such-program-anywhere", argv);
  say("errno %d\n", errno);
  survivor();
  raise(SIGKILL);
  return 97;
}

END(to_other) {
  before();
  execl("/bin/sh", "sh", "-c", context->argument ? context->argument : "kill -9 $$", (char *)NULL);
  after();
  return 97;
}

// A script with an interpreter line, started by a shell that starts us again.
END(through_script) {
  char text[4096];
  char name[] = "./script-XXXXXX";
  int fd = mkstemp(name);
  int length =
      snprintf(text, sizeof text, "#!/bin/sh\nexec env -i FIXTURE=script '%s' '%s' again count\n",
               context->argv[0], context->argv[1]);
  if (write(fd, text, (size_t)length) != length || fchmod(fd, 0700)) fail("script");
  close(fd);
  before();
  execl(name, name, (char *)NULL);
  after();
  return 97;
}

const struct death exec_deaths[] = {
    {"again", second_life},
    {"lives", lives},
    {"execve", by_execve},
    {"execv", by_execv},
    {"execvp", by_execvp},
    {"execvp-path", by_execvp_path},
    {"execvpe", by_execvpe},
    {"execl", by_execl},
    {"execlp", by_execlp},
    {"execle", by_execle},
    {"fexecve", by_fexecve},
    {"execveat", by_execveat},
    {"syscall-execve", by_syscall_execve},
    {"memfd", by_memfd},
    {"env-empty", empty_environment},
    {"env-null", null_environment},
    {"env-cleared", cleared_environment},
    {"env-scrubbed", scrubbed_environment},
    {"env-own-preload", own_preload},
    {"env-large", large_environment},
    {"exec-fails", failing},
    {"exec-other", to_other},
    {"exec-script", through_script},
    {NULL, NULL},
};
