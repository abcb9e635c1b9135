// A program whose counters can hardly be saved at its end: `saves TROUBLE END DIRECTORY`. What runs once they
// are in trouble is not counted: that would fault by itself.
#define _GNU_SOURCE 1
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define QUIET __attribute__((no_profile_instrument_function, noinline))
#define COUNTERS(word) __asm__("__" word "___llvm_prf_cnts") __attribute__((visibility("hidden")))

extern char counters_begin[] COUNTERS("start"), counters_end[] COUNTERS("stop");
static volatile int called;

static void reached(void) {
  called++; // line "reached"
}

// The program takes itself the right to read its counters.
QUIET static void unreadable(void) {
  uintptr_t low = (uintptr_t)counters_begin & ~4095ul;
  uintptr_t high = ((uintptr_t)counters_end + 4095) & ~4095ul;
  if (mprotect((void *)low, high - low, PROT_NONE) != 0) _exit(90);
}

// Somebody cuts off the counter files of a recording.
QUIET static void truncated(const char *path) {
  DIR *directory = opendir(path);
  for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
    size_t length = strlen(entry->d_name);
    if (length < 4 || strcmp(entry->d_name + length - 4, ".cnt") != 0) continue;
    int file = openat(dirfd(directory), entry->d_name, O_WRONLY | O_TRUNC);
    if (file < 0) _exit(91);
    close(file);
  }
}

// An alternate stack that is as small as the kernel allows, with nothing below it.
QUIET static void small_stack(void) {
  size_t pages = 5 * 4096, least = getauxval(AT_MINSIGSTKSZ);
  if (least == 0) least = 2048;
  char *at = mmap(NULL, pages, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  stack_t stack = {.ss_sp = at + 4096, .ss_size = least};
  if (at == MAP_FAILED || mprotect(at, 4096, PROT_NONE) != 0 || sigaltstack(&stack, NULL) != 0) _exit(92);
}

static pthread_barrier_t barrier;

QUIET static void *crash(void *unused) {
  pthread_barrier_wait(&barrier);
  *(volatile int *)unused = 1;
  return NULL;
}

QUIET static void handle(int number) { (void)number; }

// A child that begins in trouble ends as it likes.
QUIET static int status_of_child(void) {
  int status;
  pid_t child = fork();
  if (child == 0) _exit(7);
  if (child < 0 || waitpid(child, &status, 0) != child) _exit(96);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

// `child` writes to this pipe's reading end when it is to kill us.
QUIET static void end(char how, const int *orders) {
  pthread_t threads[4];
  switch (how) {
    case 't': kill(getpid(), SIGTERM); break;
    case 'f': *(volatile int *)(uintptr_t)(counters_begin == NULL) = 1; break;
    case 'r':
      for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, crash, NULL);
      pthread_join(threads[0], NULL);
      break;
    case '_': _exit(5);
    case 'e': execl("/bin/true", "true", (char *)NULL); break;
    case 'p': _exit(status_of_child());
    case 'm': { // all signals blocked
      sigset_t all;
      sigfillset(&all);
      sigprocmask(SIG_BLOCK, &all, NULL);
      _exit(6);
    }
    case 'h': // before each of whose handlers it is saved
      signal(SIGUSR1, handle);
      raise(SIGUSR1);
      _exit(6);
    case 'k':
      if (write(orders[1], "k", 1) == 1) pause();
      break;
    default: _exit(93);
  }
  _exit(94);
}

QUIET static void kill_parent(const int *orders) {
  char order;
  close(orders[1]);
  if (read(orders[0], &order, 1) == 1) kill(getppid(), SIGKILL);
  _exit(0);
}

QUIET int main(int argc, char **argv) {
  int orders[2];
  if (argc != 4 || pipe(orders) != 0) return 95;
  char how = argv[2][0];
  pthread_barrier_init(&barrier, NULL, 4);
  for (int i = 0; i < 7; i++) reached();
  if (how == 'k' && fork() == 0) kill_parent(orders);
  switch (argv[1][0]) {
    case 'u': unreadable(); break;
    case 't': truncated(argv[3]); break;
    case 's': small_stack(); break;
    default: break;
  }
  end(how, orders);
}
