// Calls that have to do with signals and children, at the pace of pace.h. An operation is many calls,
// but for `kill` and `kill-call`: signals sigaction | handled | wait | kill | kill-call
#define _GNU_SOURCE 1
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pace.h"

#define CALLS 200

static volatile int handled;
static void handle(int number) { handled += number; }

// Sets and reads an action.
static void set_action(void *unused) {
  struct sigaction action = {.sa_handler = handle}, old;
  (void)unused;
  for (int i = 0; i < CALLS; i++) {
    sigaction(SIGUSR1, &action, &old);
    sigaction(SIGTERM, NULL, &old);
  }
}

// Sends a signal to itself, which a handler takes.
static void take_signal(void *unused) {
  (void)unused;
  for (int i = 0; i < CALLS; i++) raise(SIGUSR1);
}

// Asks after a child that still runs.
static void ask(void *unused) {
  (void)unused;
  for (int i = 0; i < CALLS; i++) waitpid(-1, NULL, WNOHANG);
}

// A child that is killed.
static void kill_child(void *unused) {
  (void)unused;
  pid_t child = fork();
  if (child == 0)
    for (;;) pause();
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
}

// The call that kills, alone: the child is there and waits.
static pid_t victim;

static void start_victim(void *unused) {
  int ends[2];
  char byte;
  (void)unused;
  if (pipe(ends) != 0 || (victim = fork()) < 0) _exit(1);
  if (victim == 0) {
    if (write(ends[1], "x", 1) != 1) _exit(1);
    for (;;) pause();
  }
  if (read(ends[0], &byte, 1) != 1) _exit(1);
  close(ends[0]);
  close(ends[1]);
}

static void kill_victim(void *unused) {
  (void)unused;
  kill(victim, SIGKILL);
}

static void reap_victim(void *unused) {
  (void)unused;
  waitpid(victim, NULL, 0);
}

int main(int argc, char **argv) {
  const char *name = argc > 1 ? argv[1] : "";
  signal(SIGUSR1, handle);
  if (strcmp(name, "sigaction") == 0) return pace(set_action, NULL);
  if (strcmp(name, "handled") == 0) return pace(take_signal, NULL);
  if (strcmp(name, "kill") == 0) return pace(kill_child, NULL);
  if (strcmp(name, "kill-call") == 0) return pace_between(start_victim, kill_victim, reap_victim, NULL);
  pid_t child = fork();
  if (child == 0)
    for (;;) pause();
  int result = pace(ask, NULL);
  kill(child, SIGKILL);
  return result;
}
