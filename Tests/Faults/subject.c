// A program that does what the library has hooks for: threads, fork, spawn, exec of itself, dlopen,
// signals, ends. What it ran is told through shared memory: subject TOLD PLUGIN. It checks that its own
// memory is as it left it, and says what it saw; each line and status is the same in every run.
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
int work_first(void), work_middle(void), work_last(void);

enum { GUARD = 3000 };
// Before and behind the counters, and on the pages that they share with program data.
static unsigned guard_data[GUARD] = {1};
static unsigned guard_bss[GUARD];
static uint64_t *told;
static const char *told_path, *plugin_path;

static void tell(int what, unsigned times) { __atomic_fetch_add(&told[what], times, __ATOMIC_RELAXED); }

static void guard_fill(unsigned seed) {
  for (unsigned i = 0; i < GUARD; i++) guard_data[i] = seed + i, guard_bss[i] = ~(seed + i);
}

static void guard_check(unsigned seed, const char *who) {
  for (unsigned i = 0; i < GUARD; i++)
    if (guard_data[i] != seed + i || guard_bss[i] != ~(seed + i)) {
      printf("%s: MEMORY CHANGED at %u\n", who, i);
      return;
    }
}

// Numbers that nobody else reaches, so that the counters can be found by them.
static void beat(void) {
  for (int i = 0; i < 3; i++) tell(0, (unsigned)work_first());
  for (int i = 0; i < 5; i++) tell(1, (unsigned)work_middle() / 2);
  for (int i = 0; i < 7; i++) tell(2, (unsigned)work_last() / 3);
}

static sem_t counted;

static void *in_thread(void *pipe_end) {
  char byte;
  beat();
  sem_post(&counted);
  if (pipe_end != NULL && read(*(int *)pipe_end, &byte, 1) < 0) puts("read failed");
  return NULL;
}

static void with_plugin(const char *who) {
  void *plugin = dlopen(plugin_path, RTLD_NOW);
  int (*work)(void) = NULL;
  if (plugin != NULL) *(void **)&work = dlsym(plugin, "plugin_work");
  if (work == NULL) {
    printf("%s: no plugin\n", who);
    return;
  }
  for (int i = 0; i < 11; i++) tell(3, (unsigned)work() / 4);
  printf("%s: dlclose %d\n", who, dlclose(plugin));
}

static void reap(pid_t child, const char *who) {
  int status = -1;
  if (child < 0 || waitpid(child, &status, 0) != child) printf("%s: lost its child\n", who);
  printf("%s: %x\n", who, (unsigned)status);
  fflush(stdout);
}

static void leave(const char *text, int status) {
  fflush(stdout);
  fprintf(stderr, "%s\n", text);
  _exit(status);
}

static void forks(void) {
  fflush(stdout);
  guard_fill(100);
  pid_t child = fork();
  if (child == 0) {
    guard_check(100, "child");
    guard_fill(200);
    beat();
    pid_t second = fork();
    if (second == 0) {
      guard_check(200, "grandchild");
      guard_fill(300);
      beat();
      leave("grandchild ends", 3);
    }
    reap(second, "child");
    guard_check(200, "child");
    with_plugin("child");
    exit(4);
  }
  reap(child, "fork");
  guard_check(100, "parent");
  fflush(stdout);
  if ((child = fork()) == 0) {
    beat();
    raise(SIGKILL);
  }
  reap(child, "killed");
}

// So often that slots are leased for children to come; the first child lives as long as all others, the
// third has children of its own.
static void forks_again(void) {
  int ends[2];
  char byte;
  if (pipe(ends) != 0) puts("no pipe");
  pid_t oldest = 0;
  for (unsigned i = 0; i < 7; i++) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
      guard_check(100, "again");
      guard_fill(400 + i);
      beat();
      close(ends[1]);
      for (unsigned n = 0; i == 2 && n < 3; n++) {
        pid_t its = fork();
        if (its == 0) {
          guard_check(402, "again, below");
          beat();
          _exit(2);
        }
        reap(its, "again, below");
      }
      if (i == 0 && read(ends[0], &byte, 1) != 0) puts("read failed");
      beat();
      guard_check(400 + i, "again");
      exit(10 + (int)i);
    }
    if (i == 0) oldest = child;
    else reap(child, "again");
    guard_check(100, "parent");
  }
  close(ends[1]);
  reap(oldest, "oldest");
  close(ends[0]);
}

static void spawns(const char *self) {
  char *words[] = {(char *)self, (char *)told_path, (char *)plugin_path, "spawned", NULL};
  pid_t child = -1;
  int error = posix_spawn(&child, self, NULL, NULL, words, environ);
  printf("posix_spawn: %d\n", error);
  reap(child, "spawned");
  if ((child = vfork()) == 0) {
    execv(self, words);
    _exit(9);
  }
  reap(child, "vforked");
  printf("system: %x\n", (unsigned)system("exit 6"));
}

static void threads(void) {
  pthread_t thread;
  int ends[2];
  if (pipe(ends) != 0) puts("no pipe");
  pthread_create(&thread, NULL, in_thread, &ends[0]);
  sem_wait(&counted); // a death from here on finds nothing counted and not told
  with_plugin("beside a thread");
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    beat();
    leave("forked beside a thread", 8);
  }
  reap(child, "beside a thread");
  guard_check(100, "beside a thread");
  if (write(ends[1], "", 1) != 1) puts("no write");
  pthread_join(thread, NULL);
  close(ends[0]);
  close(ends[1]);
}

int main(int count, char **words) {
  told_path = words[1];
  plugin_path = words[2];
  int file = open(told_path, O_RDWR | O_CLOEXEC);
  told = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (told == MAP_FAILED) return 77;
  beat();
  if (count > 3) {
    printf("%s\n", words[3]);
    // A descriptor that the library left open would be seen here.
    printf("next descriptor %d\n", dup(1));
    return strcmp(words[3], "spawned") == 0 ? 5 : 7;
  }
  forks();
  forks_again();
  spawns(words[0]);
  threads();
  fflush(stdout);
  char *last[] = {words[0], words[1], words[2], "executed", NULL};
  execv(words[0], last);
  return 9;
}
