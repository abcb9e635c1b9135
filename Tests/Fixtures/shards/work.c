// A shard's work: how much is its argument. From 3 on it has a child, which kills itself.
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int work(int rounds) {
  int sum = 0;
  for (int round = 0; round < rounds; round++) {
    if (round % 2 == 0) {
      sum += round;
    } else {
      sum -= 1;
    }
  }
  return sum;
}

static int never(void) {
  return 1; // LCOV_EXCL_LINE
}

int main(int count, char **words) {
  int rounds = count > 1 ? atoi(words[1]) : 0;
  if (work(rounds) == 1000000) return never();
  if (rounds < 3) return 0;
  pid_t child = fork();
  if (child == 0) {
    work(2);
    raise(SIGKILL);
  }
  waitpid(child, NULL, 0);
  return 0;
}
