// How other programs are started: the exec family with its search and its errors, posix_spawn, clone3;
// and what a program sees of its own stack.
#include "subject.h"

#ifdef __GLIBC__
#include <execinfo.h>
#endif
#include <linux/sched.h>
#include <spawn.h>
#include <sys/stat.h>

extern char **environ;

static char *words[] = {"word", "one", "two words", NULL}, *nothing[] = {NULL};
static char *few[] = {"A=1", "B=two", NULL};

static void put(const char *path, const char *text, mode_t mode) {
  int file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0700);
  if (file < 0 || write(file, text, strlen(text)) < 0) exit(97);
  close(file);
  chmod(path, mode);
}

// A place with programs of all sorts; the cases run in it.
static void make_place(void) {
  static const char *const directories[] = {"starts.d", "starts.d/one", "starts.d/two",
                                            "starts.d/one/directory"};
  char line[600];
  for (int i = 0; i < 4; i++) mkdir(directories[i], 0755);
  put("starts.d/one/tool", "#!/bin/sh\necho tool $# \"$@\" A=$A\n", 0755);
  put("starts.d/one/text", "echo text $# \"$@\" A=$A\n", 0755);
  put("starts.d/one/no-interpreter", "#!/nonexistent/interpreter\n", 0755);
  put("starts.d/one/no-newline", "#!/bin/sh", 0755);
  put("starts.d/one/nested", "#! \t ./one/tool -x y\n", 0755);
  put("starts.d/one/empty", "", 0755);
  put("starts.d/one/broken", "\177ELF\2\1\1and no more", 0755);
  put("starts.d/two/tool", "#!/bin/sh\necho never\n", 0644);
  put("starts.d/two/denied", "#!/bin/sh\necho never\n", 0644);
  memset(line, 'a', sizeof line - 1);
  line[sizeof line - 1] = 0;
  memcpy(line, "#!/bin/", 7);
  put("starts.d/one/long-line", line, 0755);
  if (symlink("loop", "starts.d/one/loop") + symlink("tool", "starts.d/one/link") +
              symlink("nowhere", "starts.d/one/dangling") !=
          0 &&
      errno != EEXIST)
    exit(97);
}

static const char *const files[] = {"one/tool",
                                    "one/text",
                                    "one/no-interpreter",
                                    "one/no-newline",
                                    "one/nested",
                                    "one/empty",
                                    "one/broken",
                                    "one/long-line",
                                    "one/loop",
                                    "one/link",
                                    "one/dangling",
                                    "one/directory",
                                    "one/tool/",
                                    "two/tool",
                                    "/dev/null",
                                    "/nonexistent",
                                    "",
                                    "/bin/true",
                                    NULL};

enum {
  EXECVE,
  EXECV,
  EXECVP,
  EXECVEAT,
  FEXECVE,
  RAW,
  VFORKED,
  SPAWN,
  SPAWNP,
  SPAWNED_ELSEWHERE,
  WAYS
};

static void report(int result) { say("  result %d errno %d", result, errno); }

static void spawn(int way, const char *file, char *const argv[], char *const envp[]) {
  posix_spawn_file_actions_t actions;
  pid_t child = -5;
  int status = -1;
  posix_spawn_file_actions_init(&actions);
  if (way == SPAWNED_ELSEWHERE) posix_spawn_file_actions_addchdir_np(&actions, "one/..");
  errno = 0;
  int result = (way == SPAWNP ? posix_spawnp : posix_spawn)(
      &child, file, way == SPAWNED_ELSEWHERE ? &actions : NULL, NULL, argv, envp);
  int error = errno, waited = result == 0 && waitpid(child, &status, 0) == child;
  say("  result %d errno %d child %d waited %d status %04x", result, error, child > 0, waited,
      (unsigned)status);
}

static void start(int way, const char *file) {
  int status = 0;
  switch (way) {
    case EXECVE:
      report(execve(file, words, few));
      break;
    case EXECV:
      report(execv(file, words));
      break;
    case EXECVP:
      report(execvp(file, words));
      break;
    case EXECVEAT:
      report(execveat(open(".", O_RDONLY | O_DIRECTORY), file, words, few, 0));
      break;
    case FEXECVE:
      report(fexecve(open(file, O_PATH), words, few));
      break;
    case RAW:
      report((int)syscall(SYS_execve, file, words, few));
      break;
    case VFORKED: {
      pid_t child = vfork();
      if (child == 0) {
        execve(file, words, few);
        _exit(60);
      }
      say("  waited %d status %04x", waitpid(child, &status, 0) == child, (unsigned)status);
      break;
    }
    default:
      spawn(way, file, words, few);
      break;
  }
}

static void starts(const void *argument) {
  int number = *(const int *)argument;
  if (chdir("starts.d") != 0) _exit(96);
  log_to_stdout();
  start(number % WAYS, files[number / WAYS]);
}

static const struct {
  const char *path, *file;
} searches[] = {
    {"one", "tool"},
    {"/nonexistent:two:one", "tool"},
    {"two", "tool"},
    {"one:two", "denied"},
    {"two:/nonexistent", "denied"},
    {"one", "text"},
    {"one", "empty"},
    {"one", "no-interpreter"},
    {"one:two", "loop"},
    {"one/tool:one", "tool"},
    {":one", "one/tool"},
    {"one", "directory"},
    {"one", ""},
    {"", "tool"},
    {"/bin:", "files"},
    {NULL, "true"},
    {NULL, "tool"},
    {"/a:/b:/c", "nothing"},
    {"one", "broken"},
};

static void search(const void *argument) {
  int number = *(const int *)argument / 4;
  if (chdir("starts.d") != 0) _exit(96);
  if (searches[number].path != NULL) setenv("PATH", searches[number].path, 1);
  else unsetenv("PATH");
  setenv("A", "searched", 1);
  log_to_stdout();
  switch (*(const int *)argument % 4) {
    case 0:
      report(execvp(searches[number].file, words));
      break;
    case 1:
      report(execvp(searches[number].file, nothing));
      break;
    case 2:
      report(execvpe(searches[number].file, words, few));
      break;
    default:
      spawn(SPAWNP, searches[number].file, words, environ);
      break;
  }
}

// Long names and long directories.
static void long_search(const void *argument) {
  static char name[400], path[9000];
  static const int lengths[] = {255, 256, 300};
  memset(name, 'n', (size_t)lengths[*(const int *)argument % 3]);
  memset(path, 'p', *(const int *)argument < 3 ? 300 : 8000);
  strcat(path, ":/bin");
  setenv("PATH", path, 1);
  report(execvp(name, words));
  report(execvp("true", words));
}

static void lists(const void *argument) {
  if (chdir("starts.d/one") != 0) _exit(96);
  log_to_stdout();
  setenv("A", "listed", 1);
  setenv("PATH", "/nonexistent:.", 1);
  switch (*(const int *)argument) {
    case 0:
      execl("tool", "l", (char *)NULL);
      break;
    case 1:
      execl("tool", "l", "1", "2", "3", "4", "5", "6", "7", "8", "9", (char *)NULL);
      break;
    case 2:
      execlp("tool", "l", "1", (char *)NULL);
      break;
    case 3:
      execlp("text", "l", "1", "2", (char *)NULL);
      break;
    case 4:
      execle("tool", "l", "1", "2", "3", "4", "5", "6", (char *)NULL, few);
      break;
    case 5:
      execle("tool", "l", (char *)NULL, (char **)NULL);
      break;
    default:
      break;
  }
}

// Addresses that are none: the kernel's EFAULT.
static void bad_addresses(const void *unused) {
  char *odd[] = {"word", (char *)8, NULL};
  struct clone_args clone = {.exit_signal = SIGCHLD};
  int status = 0;
  (void)unused;
  report(execve((char *)8, words, few));
  report(execve("/bin/true", (char **)16, few));
  report(execve("/bin/true", words, (char **)24));
  report(execve("/bin/true", odd, few));
  report(execvp("true", odd));
  report(execve("/bin/true", words, odd));
  report(fexecve(-1, words, few));
  report(fexecve(0, NULL, few));
  report(fexecve(77, words, few));
  report((int)syscall(SYS_clone3, NULL, 0));
  report((int)syscall(SYS_clone3, (void *)8, sizeof clone));
  report((int)syscall(SYS_clone3, &clone, 8));
  pid_t child = (pid_t)syscall(SYS_clone3, &clone, sizeof clone);
  if (child == 0) _exit(4);
  say("  clone3 %d status %04x", waitpid(child, &status, 0) == child, (unsigned)status);
  report(waitpid(-1, (int *)8, 0));
  spawn(SPAWN, "/bin/true", odd, few);
}

static void say_depth(const char *where) {
  void *frames[64];
  say("  frames %s %d", where, backtrace(frames, 64));
}

static void depth_at_exit(void) { say_depth("at exit"); }

static void depth_at_abort(int signal) {
  (void)signal;
  say_depth("at abort");
  _exit(5);
}

static void depths(const void *argument) {
  say_depth("in a case");
  atexit(depth_at_exit);
  signal(SIGABRT, depth_at_abort);
  if (*(const int *)argument) abort();
  exit(6);
}

void start_cases(void) {
  make_place();
  for (int i = 0; files[i / WAYS] != NULL; i++)
    run_case(starts, &i, "start %d of '%s'", i % WAYS, files[i / WAYS]);
  for (int i = 0; i < 4 * (int)(sizeof searches / sizeof *searches); i++)
    run_case(search, &i, "search %d of '%s' in %s", i % 4, searches[i / 4].file,
             searches[i / 4].path != NULL ? searches[i / 4].path : "no PATH");
  for (int i = 0; i < 6; i++) run_case(long_search, &i, "long search %d", i);
  for (int i = 0; i < 6; i++) run_case(lists, &i, "list %d", i);
  run_case(bad_addresses, NULL, "bad addresses");
  for (int i = 0; i < 2; i++) run_case(depths, &i, "stack depth %d", i);
}
