// Prints whether it is recorded; flushes, then ends by SIGKILL where an argument asks for it.
#include <salvage.h>
#include <signal.h>
#include <stdio.h>

int main(int argc, char **argv) {
  (void)argv;
  printf("%d\n", salvage_is_recording());
  fflush(stdout);
  salvage_flush();
  if (argc > 1) raise(SIGKILL);
  return 0;
}
