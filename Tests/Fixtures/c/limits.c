// Limits, and what a program can see of itself.
#include "fixture.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define END(name) static int name(const struct context *context)

extern char **environ;

static void limit(int resource, rlim_t value) {
  struct rlimit limit;
  getrlimit((__typeof__(RLIMIT_NOFILE))resource, &limit);
  limit.rlim_cur = value;
  if (setrlimit((__typeof__(RLIMIT_NOFILE))resource, &limit)) fail("setrlimit");
}

static int kill_child_and_exec(const struct context *context) {
  neighbours_set(7);
  before();
  pid_t pid = fork();
  if (pid == 0) {
    neighbours_set(99);
    times(child, 3);
    raise(SIGKILL);
  }
  reap("child", pid);
  neighbours_say("parent");
  parent_goes_on();
  execl(SELF, context->argv[0], context->argv[1], "again", "kill", (char *)NULL);
  return 97;
}

// No file may grow: a child gets no slot of its own.
END(no_file_growth) {
  signal(SIGXFSZ, SIG_DFL);
  limit(RLIMIT_FSIZE, 0);
  return kill_child_and_exec(context);
}

// No descriptor is free for anybody.
END(no_descriptors) {
  (void)context;
  neighbours_set(7);
  int fd;
  while ((fd = open("/dev/null", O_RDONLY)) >= 0)
    if (fd > 4000) break;
  limit(RLIMIT_NOFILE, 3);
  before();
  pid_t pid = fork();
  if (pid == 0) {
    neighbours_set(99);
    times(child, 3);
    raise(SIGKILL);
  }
  reap("child", pid);
  neighbours_say("parent");
  parent_goes_on();
  raise(SIGKILL);
  return 0;
}

// Without standard streams, as some daemons are started.
END(no_streams) {
  before();
  close(0);
  close(1);
  close(2);
  execl(SELF, context->argv[0], context->argv[1], "lowest", (char *)NULL);
  return 97;
}

// The lowest free descriptor is what it was: nothing of Salvage took it.
END(lowest_descriptor) {
  (void)context;
  int fd = open("/dev/null", O_RDWR);
  again();
  return fd == 0 ? 98 : 90 + fd;
}

END(large_data) {
  (void)context;
  limit(RLIMIT_AS, 256 << 20);
  before();
  while (malloc(1 << 20)) continue;
  survivor();
  pid_t pid = fork();
  if (pid == 0) {
    times(child, 2);
    raise(SIGKILL);
  }
  reap("child", pid);
  raise(SIGKILL);
  return 0;
}

// Takes memory until the kernel's killer comes; run inside a small memory group only.
END(out_of_memory) {
  (void)context;
  before();
  for (;;) {
    char *room =
        (char *)mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED) continue;
    memset(room, 1, 1 << 20);
  }
}

static void say_status_line(const char *name) {
  char line[256];
  FILE *file = fopen("/proc/self/status", "r");
  while (file && fgets(line, sizeof line, file))
    if (!strncmp(line, name, strlen(name))) say("%s", line);
  if (file) fclose(file);
}

static int by_number(const void *left, const void *right) {
  return *(const int *)left - *(const int *)right;
}

// All that a program can ask about itself, but for what differs from run to run anyway.
static void portrait(void) {
  static const char *const lines[] = {
      "SigPnd",     "ShdPnd",   "SigBlk", "SigIgn", "SigCgt", "Threads",
      "NoNewPrivs", "Seccomp:", "Uid",    "Groups", "CapEff"};
  int descriptors[256], count = 0;
  DIR *directory = opendir("/proc/self/fd");
  struct dirent *entry;
  while (directory && (entry = readdir(directory)) && count < 256)
    if (entry->d_name[0] != '.') descriptors[count++] = atoi(entry->d_name);
  if (directory) closedir(directory);
  qsort(descriptors, (size_t)count, sizeof *descriptors, by_number);
  for (int i = 0; i < count; i++)
    say("descriptor %d flags %d\n", descriptors[i], fcntl(descriptors[i], F_GETFD));
  for (unsigned i = 0; i < sizeof lines / sizeof *lines; i++) say_status_line(lines[i]);
  for (char **variable = environ; *variable; variable++)
    if (strncmp(*variable, "LD_PRELOAD=", 11) && strncmp(*variable, "SALVAGE_RECORDING=", 18))
      say("%s\n", *variable);
  stack_t stack;
  sigaltstack(NULL, &stack);
  mode_t mask = umask(0);
  say("alternate stack %d umask %o errno %d\n", stack.ss_flags, (unsigned)mask, errno);
  for (int number = 1; number <= 64; number++) {
    struct sigaction action;
    if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL)
      say("signal %d ignored %d\n", number, action.sa_handler == SIG_IGN);
  }
  for (int resource = 0; resource < 16; resource++) {
    struct rlimit value;
    if (getrlimit((__typeof__(RLIMIT_NOFILE))resource, &value) == 0)
      say("limit %d %llx %llx\n", resource, (unsigned long long)value.rlim_cur,
          (unsigned long long)value.rlim_max);
  }
  say("dumpable %d\n", prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
}

END(sees_itself) {
  (void)context;
  errno = 0;
  before();
  portrait();
  return 0;
}

// The parent's view after a fork, the child's, and that after an exec.
END(sees_children) {
  before();
  signal(SIGUSR1, SIG_IGN);
  pid_t pid = fork();
  if (pid == 0) {
    child();
    errno = 0;
    portrait();
    execl(SELF, context->argv[0], context->argv[1], "portrait", (char *)NULL);
    _exit(96);
  }
  reap("child", pid);
  errno = 0;
  portrait();
  return 0;
}

// Dies with a core whose neighbours of the counters a debugger must show as they were.
END(dumps_core) {
  (void)context;
  struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
  setrlimit(RLIMIT_CORE, &all);
  neighbours_set(4242);
  before();
  abort();
}

const struct death limit_deaths[] = {
    {"no-file-growth", no_file_growth},
    {"no-descriptors", no_descriptors},
    {"no-streams", no_streams},
    {"lowest", lowest_descriptor},
    {"address-space", large_data},
    {"out-of-memory", out_of_memory},
    {"portrait", sees_itself},
    {"portrait-children", sees_children},
    {"core", dumps_core},
    {NULL, NULL},
};
