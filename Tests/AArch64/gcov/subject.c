// Counts, and then ends as its first argument says. What it counts is the same for all ends but "fork", which
// counts twice.
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int more(int n);

static int digits(int n) {
  int sum = 0;
  while (n > 0) {
    sum += n % 10;
    n /= 10;
  }
  return sum;
}

static int count(void) {
  int sum = 0;
  for (int i = 0; i < 100; i++) {
    switch (i % 5) {
      case 0:
        sum += digits(i);
        break;
      case 1:
        sum += more(i);
        break;
      case 2:
        if (i > 50 && i < 200) sum--;
        break;
      default:
        sum ^= i;
    }
  }
  return sum;
}

// Ends in a function that is the same for all, and whose counts are known before.
__attribute__((noinline)) static void end(const char *way) {
  static int status;
  if (*way == 'k') kill(getpid(), SIGKILL);
  if (*way == '_') _exit(0);
  if (*way == 'f') {
    pid_t child = fork();
    if (child == 0) {
      count();
      kill(getpid(), SIGKILL);
    }
    waitpid(child, &status, 0);
  }
}

int main(int arguments, char **words) {
  int sum = count();
  end(arguments > 1 ? words[1] : "return");
  return sum == 0;
}
