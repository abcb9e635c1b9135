// What happens before main. start/main.S is in front of it.
#include "base/facts.h"
#include "base/libc.h"
#include "base/next.h"
#include "hooks/exit.h"
#include "process/process.h"
#include "python/moments.h"
#include "signals/signals.h"
#include "start/start.h"

typedef int main_function(int argc, char **argv, char **envp);

int __libc_start_main(main_function *program, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*loader_fini)(void), void *stack_end);

#define SLV_INTERNAL __attribute__((visibility("hidden")))
SLV_INTERNAL void *slv_start(main_function *program, int argc, char **argv);
// What goes before main, or where slv_main() goes on; NULL: main is called as without the library.
SLV_INTERNAL SLV_HOT main_function *slv_main_program;

static main_function *plain_main; // with musl

// musl's exit handlers do not know the status. A frame more than without the library. Context: thread
static int main_and_note(int argc, char **argv, char **envp) {
  int status = plain_main(argc, argv, envp);
  slv_exit_returned(status);
  return status;
}

// Context: thread
static void replace_main(main_function *program) {
  if (slv_libc_is_musl()) {
    plain_main = program;
    slv_main_program = main_and_note;
    return;
  }
  if (SLV_RETURNS_BY_STACK) slv_main_program = program; // slv_main of start/main.S goes there
}

// What __libc_start_main does first: before glibc registers the loader's destructors, and before musl runs the
// first constructor. Returns libc's. Context: constructor
void *slv_start(main_function *program, int argc, char **argv) {
  // musl passes a constructor no arguments, and runs those of the program before those of a preload.
  if (slv_libc_is_musl()) slv_begin(argv, argv + argc + 1);
  if (slv_process.active) {
    slv_signals_listen(); // libc may have come in between
    replace_main(program);
    slv_exit_register();
    slv_python_start();
  }
  return (void *)SLV_REAL(__libc_start_main);
}
