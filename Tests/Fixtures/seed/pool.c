// A pool of forked workers, and a single one, that end as Python's multiprocessing ends them.
//
//   pool HOW        joined, idle, working, killed, process, left
//
// `// [name]`: SeedTests knows how often the line runs. Compilers count blocks, so what follows the place
// where a process ends would be counted with it; lines that must not run are functions of their own.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 5 };

static volatile unsigned long spins;

static int square(int number)
{
  return number * number; // [square]
}

static void put(int channel, int number)
{
  if (write(channel, &number, sizeof number) != sizeof number) {
    _exit(9); // [broken]
  }
}

static int take(int channel)
{
  int number;
  if (read(channel, &number, sizeof number) != sizeof number) {
    return 0; // [empty]
  }
  return number;
}

static _Noreturn void closed(void)
{
  exit(0); // [closed]
}

static _Noreturn void worker(int tasks, int results)
{
  put(results, 1); // [started]
  for (int number; (number = take(tasks)) != 0;) {
    if (number < 0) {
      put(results, 1); // [hard]
      for (;;) {
        spins++;
      }
    } else {
      put(results, square(number)); // [easy]
    }
  }
  closed();
}

static void reap(pid_t pid)
{
  int status;
  waitpid(pid, &status, 0); // [reaped]
  printf("%s %d\n", WIFSIGNALED(status) ? "signal" : "exit",
         WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

static void pool(const char *how)
{
  int tasks[2], results[2];
  pid_t workers[WORKERS];
  if (pipe(tasks) || pipe(results)) {
    exit(9); // [broken]
  }
  for (int i = 0; i < WORKERS; i++) {
    workers[i] = fork(); // [forked]
    if (workers[i] == 0) {
      close(tasks[1]);
      worker(tasks[0], results[1]); // [child]
    }
  }
  for (int i = 0; i < WORKERS; i++) {
    take(results[0]);
  }
  for (int number = 1; number <= 3; number++) {
    put(tasks[1], number); // [given]
    printf("%d\n", take(results[0]));
  }
  if (!strcmp(how, "joined")) {
    close(tasks[1]); // [close]
  } else {
    int number = strcmp(how, "killed") ? SIGTERM : SIGKILL;
    for (int i = 0; i < WORKERS && strcmp(how, "idle"); i++) {
      put(tasks[1], -1); // [hardgiven]
      take(results[0]);
    }
    for (int i = 0; i < WORKERS; i++) {
      kill(workers[i], number); // [terminated]
    }
  }
  for (int i = 0; i < WORKERS; i++) {
    reap(workers[i]);
  }
}

static void greet(const char *name)
{
  printf("hello %s\n", name); // [greeted]
  fflush(stdout);
}

static int finished(void)
{
  return 0; // [returned]
}

// One process, whose parent waits for it, or leaves without it.
static void process(int joins)
{
  int leave[2];
  if (pipe(leave)) {
    exit(9); // [broken]
  }
  pid_t pid = fork(); // [started1]
  if (pid == 0) {
    close(leave[1]);
    if (!joins) {
      take(leave[0]); // [waited]
    }
    greet("bob");
    exit(0);
  }
  if (!joins) {
    _exit(0); // [left]
  }
  reap(pid);
}

int main(int argc, char **argv)
{
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (argc != 2) {
    return 2; // [broken]
  }
  if (!strcmp(argv[1], "process") || !strcmp(argv[1], "left")) {
    process(!strcmp(argv[1], "process"));
  } else {
    pool(argv[1]);
  }
  return finished();
}
