// A program whose file is another one when a runtime speaks of it again: its link count, and so its times,
// change while it runs. Its counters are attached already.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void work(void) {
  puts("worked"); // line "work"
}

int main(int count, char **arguments) {
  work();
  if (link(arguments[0], "copy") != 0 || rename("copy", "moved") != 0) return 2;
  if (unlink(arguments[0]) != 0 || rename("moved", arguments[0]) != 0) return 3;
  return getenv("LLVM_PROFILE_FILE") != NULL && count > 5;
}
