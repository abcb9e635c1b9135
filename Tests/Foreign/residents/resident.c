// A program with counters of its own, for what else may live in a process: it says what it does, forks,
// handles a signal, and ends in one of many ways. Its line "reached" has to be in every report.
#include <assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef COUNTED
int __llvm_profile_runtime; // in the place of LLVM's own runtime, of which a bare run would show traces
#endif

static void handled(int number, siginfo_t *info, void *context) {
  (void)context;
  dprintf(1, "handled %d, code %d, mine %d\n", number, info->si_code, info->si_pid == getpid());
}

static void *in_thread(void *argument) {
  raise(SIGUSR1);
  return argument;
}

static void work(void) {
  struct sigaction action = {.sa_sigaction = handled, .sa_flags = SA_SIGINFO}, old;
  sigaction(SIGUSR1, &action, &old);
  printf("was default %d\n", old.sa_handler == SIG_DFL);
  raise(SIGUSR1);
  pthread_t thread;
  pthread_create(&thread, NULL, in_thread, NULL);
  pthread_join(thread, NULL);
  fflush(stdout);
  for (int how = 0; how < 4; how++) {
    pid_t child = fork();
    if (child == 0) {
      if (how == 0) exit(3);
      if (how == 1) _exit(4);
      if (how == 2) raise(SIGTERM);
      execl("/bin/echo", "echo", "from the child", (char *)NULL);
      _exit(5);
    }
    int status;
    waitpid(child, &status, 0);
    printf("child %d: %x\n", how, status);
    fflush(stdout);
  }
  printf("system %x\n", system("exit 6"));
  time_t now = time(NULL);
  printf("year %d\n", 1900 + gmtime(&now)->tm_year / 10 * 10);
  int file = open("synced", O_RDWR | O_CREAT, 0600);
  printf("fsync %d errno %d next %d\n", fsync(file), errno, dup(file));
}

static volatile int zero;
static char *volatile kept;

static void use(const char *how) {
  if (!strcmp(how, "fault")) *(volatile int *)(long)zero = 1;
  if (!strcmp(how, "divide")) zero = 1 / zero;
  if (!strcmp(how, "abort")) abort();
  if (!strcmp(how, "term")) raise(SIGTERM);
  if (!strcmp(how, "killed")) raise(SIGKILL);
  if (!strcmp(how, "assert")) assert(zero == 1);
  kept = malloc(40);
  memset(kept, 'x', 40);
  if (!strcmp(how, "double-free")) {
    free(kept);
    free(kept);
  }
  if (!strcmp(how, "bad-free")) free(kept + 4);
  if (!strcmp(how, "after-free")) {
    free(kept);
    printf("%c\n", kept[3]);
  }
  if (!strcmp(how, "overflow")) printf("%d\n", 0x7fffffff + (zero + 1));
  if (!strcmp(how, "smash")) {
    char small[8];
    memset(small, 'y', (size_t)(64 + zero));
    kept = small;
  }
  if (!strcmp(how, "leak")) kept = NULL;
  if (!strcmp(how, "uninitialised") && ((int *)malloc(40))[zero]) puts("something");
}

#ifdef DEATH_CALLBACK
void __sanitizer_set_death_callback(void (*callback)(void));
static void dying(void) { dprintf(2, "death callback\n"); }
#endif

int main(int count, char **words) {
  setvbuf(stdout, NULL, _IOLBF, 0);
#ifdef DEATH_CALLBACK
  __sanitizer_set_death_callback(dying);
#endif
  for (int i = 1; i < count; i++) {
    printf("%s\n", words[i]); // reached
    if (!strcmp(words[i], "work")) work();
    else if (words[i][0] == '/') {
      void *library = dlopen(words[i], RTLD_NOW | RTLD_DEEPBIND);
      int (*run)(void) = library ? (int (*)(void))dlsym(library, "run") : NULL;
      printf("library: %d\n", run ? run() : -1);
      if (library) dlclose(library);
    } else use(words[i]);
  }
  return 7;
}
