#include "fixture.h"
#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>

uint64_t *tally;
volatile int neighbour_data[64] = {7, 7, 7};
volatile int neighbour_zero[64];

extern char **environ;

// Before main, so that other constructors can be marked too. glibc passes main's arguments here; musl does not,
// and they stand in front of the environment.
__attribute__((constructor(101))) static void open_tally(int argc, char **argv) {
#ifndef __GLIBC__
  for (argc = 0, argv = environ - 1; (intptr_t)argv[-1] != argc; argc++) argv--;
#endif
  if (argc < 3) return;
  int fd = open(argv[1], O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (map != MAP_FAILED) tally = (uint64_t *)map;
}

void mark(int number) { __atomic_fetch_add(&tally[number], 1, __ATOMIC_SEQ_CST); }
void about_to(int number) { __atomic_fetch_add(&tally[128 + number], 1, __ATOMIC_SEQ_CST); }
uint64_t tally_of(int number) { return __atomic_load_n(&tally[number], __ATOMIC_SEQ_CST); }
uint64_t about_of(int number) { return __atomic_load_n(&tally[128 + number], __ATOMIC_SEQ_CST); }

void neighbours_set(int value) {
  for (int i = 0; i < 64; i++) neighbour_data[i] = neighbour_zero[i] = value;
}

void neighbours_say(const char *who) {
  int low = neighbour_data[0], high = low;
  for (int i = 0; i < 64; i++) {
    int values[2] = {neighbour_data[i], neighbour_zero[i]};
    for (int k = 0; k < 2; k++) {
      low = values[k] < low ? values[k] : low;
      high = values[k] > high ? values[k] : high;
    }
  }
  say("%s: neighbours %d to %d\n", who, low, high);
}

// One write, no buffer: a forked child would flush its parent's text again.
void say(const char *format, ...) {
  char text[512];
  va_list list;
  va_start(list, format);
  int length = vsnprintf(text, sizeof text, format, list);
  va_end(list);
  if (length > 0 && write(1, text, (size_t)length) < 0) return;
}

void say_status(const char *who, int status) {
  if (WIFSIGNALED(status)) say("%s: signal %d\n", who, WTERMSIG(status));
  else say("%s: exit %d\n", who, WEXITSTATUS(status));
}

void reap(const char *who, pid_t pid) {
  int status = 0;
  if (pid < 0) fail("fork");
  while (waitpid(pid, &status, __WALL) < 0)
    if (errno != EINTR) fail("waitpid");
  say_status(who, status);
}

void reap_all(const char *who) {
  int count = 0, status, signalled = 0;
  for (;;) {
    pid_t pid = waitpid(-1, &status, __WALL);
    if (pid < 0 && errno == EINTR) continue;
    if (pid < 0) break;
    count++;
    signalled += WIFSIGNALED(status) ? 1 : 0;
  }
  say("%s: %d reaped, %d by a signal\n", who, count, signalled);
}

void fail(const char *what) {
  say("fixture: %s: errno %d\n", what, errno);
  _exit(99);
}

void times(void (*run)(void), int count) {
  for (int i = 0; i < count; i++) run();
}

static const struct death *find(const char *name) {
  static const struct death *const families[] = {
      end_deaths,   signal_deaths, fault_deaths, handler_deaths, fork_deaths,
      clone_deaths, exec_deaths,   spawn_deaths, thread_deaths,  library_deaths,
      place_deaths, storm_deaths,  limit_deaths, kill_deaths,  derived_deaths,
#ifdef __cplusplus
      cxx_deaths,
#endif
  };
  for (unsigned i = 0; i < sizeof families / sizeof *families; i++)
    for (const struct death *death = families[i]; death->name; death++)
      if (!strcmp(death->name, name)) return death;
  return NULL;
}

int main(int argc, char **argv) {
  const struct death *death = argc < 3 ? NULL : find(argv[2]);
  if (!death || !tally) {
    fprintf(stderr, "usage: deaths TALLY DEATH [ARGUMENT]\n");
    return 98;
  }
  about_to(0);
  entry();
  struct context context = {argv, argc > 3 ? argv[3] : NULL};
  return death->run(&context);
}
