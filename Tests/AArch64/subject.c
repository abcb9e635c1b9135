// A program that counts and then ends, or goes on, in the way its first argument names. Exit status 99:
// something that the program can see is not as it is without the library.
#define _GNU_SOURCE
#include <errno.h>
#include <salvage.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

void counted(void);
extern const char *profile_file;
extern volatile int calls; // program data: with luck on a page that holds the counter too

static void expect(int holds, const char *what) {
  if (holds) return;
  dprintf(2, "subject: %s\n", what);
  _exit(99);
}

static void count(int times) {
  int before = calls;
  for (int i = 0; i < times; i++) counted();
  expect(calls == before + times, "its own variable is wrong");
}

// 3 before, 4 in the child, 2 after: 9.
static void forked(pid_t child) {
  expect(child >= 0, "no fork");
  if (child == 0) {
    expect(calls == 3, "the child does not see what the parent stored");
    count(4);
    _exit(7);
  }
  int status = 0;
  expect(waitpid(child, &status, 0) == child, "no child to wait for");
  expect(WIFEXITED(status) && WEXITSTATUS(status) == 7, "the child did not end by 7");
  expect(calls == 3, "the parent sees what the child stored");
  count(2);
}

static int at_exit_ran;
static void handler(int signal) { at_exit_ran = signal; }

static int ways(const char *way, char **rest) {
  if (!strcmp(way, "kill")) count(5), kill(getpid(), SIGKILL);
  if (!strcmp(way, "fork")) count(3), forked(fork());
  if (!strcmp(way, "syscall")) {
    count(3);
    forked((pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
    expect(syscall(SYS_getpid) == getpid(), "syscall() of a number that is not hooked");
    expect(syscall(SYS_close, -1) == -1 && errno == EBADF, "errno of syscall()");
  }
  if (!strcmp(way, "exec")) {
    count(2);
    execv(rest[0], rest);
    expect(0, "exec failed");
  }
  if (!strcmp(way, "flush")) {
    count(5);
    salvage_flush();
    expect(salvage_is_recording(), "not recorded");
    count(2);
  }
  if (!strcmp(way, "return")) return count(1), 3;
  if (!strcmp(way, "exit")) count(1), exit(4);
  if (!strcmp(way, "_exit")) count(1), _exit(5);
  if (!strcmp(way, "term")) count(6), raise(SIGTERM);
  if (!strcmp(way, "segv")) {
    count(6);
    *(volatile int *)8 = 1;
  }
  if (!strcmp(way, "handler")) {
    signal(SIGUSR1, handler);
    struct sigaction seen;
    expect(sigaction(SIGTERM, NULL, &seen) == 0 && seen.sa_handler == SIG_DFL,
           "SIGTERM is not default");
    raise(SIGUSR1);
    expect(at_exit_ran == SIGUSR1, "its handler did not run");
    count(8);
  }
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  expect(profile_file != NULL, "LLVM_PROFILE_FILE is not answered");
  FILE *profile = fopen(profile_file, "w");
  expect(profile != NULL && fputs("counters", profile) >= 0 && fclose(profile) == 0, "no profile");
  expect(access(profile_file, F_OK) != 0, "a profile was written");
  return ways(argv[1], argv + 2);
}
