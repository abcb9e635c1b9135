// Counts words: a child process a file, and no child may take longer than a second.
//
//   words FILE...
//
// `//= N`: how often the line runs in run.sh.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static long count(FILE *file)
{
  long words = 0;
  int byte, before = ' ';
  while ((byte = getc(file)) != EOF) {
    if (byte == 0) {
      abort(); //= 1
    }
    if (isspace(before) && !isspace(byte)) {
      words++; //= 6
    }
    before = byte;
  }
  return words; //= 1
}

// Never returns; the parent learns from the wait status how it went.
static void child(const char *path)
{
  alarm(1);                      //= 4
  FILE *file = fopen(path, "r"); // a pipe that nobody writes to: SIGALRM ends us here
  if (!file) {
    perror(path);
    _exit(2); //= 1
  }
  printf("%ld %s\n", count(file), path);
  fflush(stdout);
  _exit(0);
}

int main(int argc, char **argv)
{
  for (int i = 1; i < argc; i++) {
    int status;
    pid_t pid = fork(); //= 4
    if (pid == 0) {
      child(argv[i]); //= 4
    }
    waitpid(pid, &status, 0);
    if (WIFSIGNALED(status)) {
      printf("%s: %s\n", argv[i], strsignal(WTERMSIG(status))); //= 2
      fflush(stdout);
    }
  }
  return argc > 1 ? 0 : 1;
}
