// A service with signal handlers of its own, as the programs have that need a cleanup.
//
//   service MODE      exit, again, return, restart, and the same words with "flush-" before them
//
// `// [name]`: SeedTests knows how often the line runs. Compilers count blocks, so what follows the place
// where a process ends would be counted with it; lines that must not run are functions of their own.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#if __has_include("salvage.h")
#include "salvage.h"
#else
static void salvage_flush(void)
{
}
#endif

static const char *mode;
static char *program;
static volatile sig_atomic_t stopping;

// What the page calls cleanup(): nothing without Salvage, and nothing more to do with it.
static void cleanup(void)
{
  if (!strncmp(mode, "flush-", 6)) {
    salvage_flush(); // [flushed]
    mode += 6;       // [afterflush]
  }
}

static _Noreturn void stop(void)
{
  exit(4); // [stopped]
}

static void on_term(int number)
{
  cleanup(); // [term]
  if (!strcmp(mode, "exit")) {
    _exit(7); // [exit]
  }
  if (!strcmp(mode, "again")) {
    sigset_t only;
    signal(number, SIG_DFL); // [again]
    raise(number);
    sigemptyset(&only);
    sigaddset(&only, number);
    sigprocmask(SIG_UNBLOCK, &only, NULL);
    _exit(9); // the signal has ended us
  }
  stopping = 1; // [return]
}

static void restart_service(int number)
{
  (void)number;
  cleanup(); // [hup]
  execl(program, program, "second", (char *)NULL);
  _exit(9);
}

// Ready is told on descriptor 3.
static _Noreturn void serve(void)
{
  sigset_t signals, none;
  sigemptyset(&none);
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  sigprocmask(SIG_BLOCK, &signals, NULL);
  if (strcmp(mode, "second")) {
    signal(SIGTERM, on_term); // [first]
    signal(SIGHUP, restart_service);
  } else {
    signal(SIGTERM, SIG_DFL); // [second]
  }
  if (write(3, "r", 1) != 1) {
    _exit(8); // [broken]
  }
  while (!stopping) {
    sigsuspend(&none); // [served]
  }
  stop();
}

static int finished(void)
{
  return 0; // [returned]
}

static void await(int ready)
{
  char byte;
  if (read(ready, &byte, 1) != 1) {
    puts("the service is not ready"); // [broken]
  }
}

int main(int argc, char **argv)
{
  int ready[2], status;
  program = argv[0];
  mode = argc > 1 ? argv[1] : "";
  if (!strcmp(mode, "second")) {
    serve(); // [reexecuted]
  }
  if (pipe(ready)) {
    return 2; // [broken]
  }
  pid_t pid = fork();
  if (pid == 0) {
    dup2(ready[1], 3); // [service]
    serve();
  }
  close(ready[1]);
  await(ready[0]);
  if (strstr(mode, "restart")) {
    kill(pid, SIGHUP); // [sendhup]
    await(ready[0]);
  }
  kill(pid, SIGTERM);
  waitpid(pid, &status, 0);
  printf("%s %d\n", WIFSIGNALED(status) ? "signal" : "exit",
         WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
  return finished();
}
