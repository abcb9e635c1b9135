// Cuts off the counter files in the directory that it is given, then forks: `cut [DIRECTORY]`.
#define _GNU_SOURCE 1
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int called;

static void early(void) { called++; } // line "early"
static void late(void) { called++; }  // line "late"

// gcc aligns larger arrays of counters, which leaves gaps: more regions than a counter file's header holds.
int one(int a) { return a ? 1 : 2; }
int two(int a) { return a ? one(a) : 3; }
int three(int a) { return a ? two(a) : one(a); }

static void cut(const char *path) {
  struct dirent *entry;
  DIR *directory = opendir(path);
  while (directory != NULL && (entry = readdir(directory)) != NULL)
    if (strstr(entry->d_name, ".cnt") != NULL)
      close(openat(dirfd(directory), entry->d_name, O_WRONLY | O_TRUNC));
}

int main(int argc, char **argv) {
  int status = 0;
  early();
  if (argc > 1) cut(argv[1]);
  pid_t child = fork();
  if (child == 0) _exit(7);
  waitpid(child, &status, 0);
  if (argc < 2) late();
  return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}
