// exit, _exit, _Exit, quick_exit, abort, and the end of main. What glibc calls inside itself (err(),
// the parent's side of daemon(), the last pthread_exit) comes by none of these names: the handler that
// is registered before all others, and so runs after all others, sees those too.
#include "hook_exit.h"

#include <stdlib.h>

typedef int main_function(int argc, char **argv, char **envp);

int __libc_start_main(main_function *program, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*loader_fini)(void), void *stack_end);
int __cxa_at_quick_exit(void (*handler)(void *), void *library);
void slv_syscall_exit_group(int status);

static SLV_HOT main_function *program_main;
static SLV_HOT int registered; // exit handlers: ours runs last

// Does not come back, whatever stands behind the name. Context: any
static __attribute__((noreturn)) void leave(int status) {
  for (;;) SLV_SYS1(SYS_exit_group, status);
}

// Notes the end of a life whose exit handlers still run. Context: any
static void ending(enum slv_cause cause, int status) {
  if (slv_process.active) slv_end(SLV_CELL_ENDING, cause, status);
}

// Notes the end of a life that runs no code any more. Context: any
static void ended(enum slv_cause cause, int status) {
  if (!slv_process.active) return;
  slv_flush();
  slv_end(SLV_CELL_ENDED, cause, status);
}

// The cause that the life noted itself, else `otherwise`: glibc ended it. An abort() that was noted did
// not come to its end when handlers run. Context: thread
static enum slv_cause noted_cause(enum slv_cause otherwise) {
  const struct slv_cell *cell = slv_process.cell;
  if (cell->state != SLV_CELL_ENDING || cell->cause == SLV_CAUSE_ABORT) return otherwise;
  return (enum slv_cause)cell->cause;
}

// When the last thread ends, after main has left by pthread_exit(), glibc calls exit(0) in it. (Where
// main was the only thread, nothing tells that from errx(0, …).) Context: thread
static enum slv_cause unnoted_cause(int status) {
  int last_thread = status == 0 && slv_may_call() && slv_sys_gettid() != slv_process.pid;
  return last_thread ? SLV_CAUSE_THREAD_EXIT : SLV_CAUSE_EXIT;
}

// The last exit handler; `status` is the one that the process will have. Context: thread
static void last_handler(int status, void *unused) {
  (void)unused;
  if (slv_process.active) ended(noted_cause(unnoted_cause(status)), status & 0xff);
}

// Context: thread
static void last_quick_handler(void *unused) {
  (void)unused;
  if (slv_process.active) ended(SLV_CAUSE_QUICK_EXIT, slv_process.cell->status);
}

// Runs before destructors of libraries that came later, and before last_handler(). Context: thread
void slv_exit_destructor(void) {
  if (!slv_process.active) return;
  slv_flush();
  if (!registered) slv_end(SLV_CELL_ENDED, noted_cause(SLV_CAUSE_NONE), slv_process.cell->status);
}

// Context: thread
static int noted_main(int argc, char **argv, char **envp) {
  int status = program_main(argc, argv, envp);
  ending(SLV_CAUSE_RETURN, status & 0xff);
  return status;
}

// Registered before glibc registers the loader's destructors, which is the first thing that it does.
// Context: thread
SLV_EXPORT int __libc_start_main(main_function *program, int argc, char **argv, void (*init)(void),
                                 void (*fini)(void), void (*loader_fini)(void), void *stack_end) {
  if (slv_process.active) {
    program_main = program;
    program = noted_main;
    registered = on_exit(last_handler, NULL) == 0;
    __cxa_at_quick_exit(last_quick_handler, NULL);
  }
  return SLV_REAL(__libc_start_main)(program, argc, argv, init, fini, loader_fini, stack_end);
}

// Context: any
static __typeof__(_exit) *real_exit_at_once(void) { return SLV_REAL(_exit); }

// Context: any
static __typeof__(exit) *real_exit(void) { return SLV_REAL(exit); }

// Context: any
void slv_exit_prepare(void) {
  real_exit_at_once();
  real_exit();
}

// Context: thread
SLV_EXPORT __attribute__((noreturn)) void exit(int status) {
  ending(SLV_CAUSE_EXIT, status & 0xff);
  real_exit()(status);
  leave(status);
}

// Context: any
SLV_EXPORT __attribute__((noreturn)) void _exit(int status) {
  ended(SLV_CAUSE__EXIT, status & 0xff);
  real_exit_at_once()(status);
  leave(status);
}

// Context: any
SLV_EXPORT __attribute__((noreturn)) void _Exit(int status) {
  ended(SLV_CAUSE__EXIT, status & 0xff);
  SLV_REAL(_Exit)(status);
  leave(status);
}

// Context: thread
SLV_EXPORT __attribute__((noreturn)) void quick_exit(int status) {
  ending(SLV_CAUSE_QUICK_EXIT, status & 0xff);
  SLV_REAL(quick_exit)(status);
  leave(status);
}

// A handler of the program may still jump out of it: the life then goes on, and what is noted later
// counts. Context: any
SLV_EXPORT __attribute__((noreturn)) void abort(void) {
  if (slv_process.active) slv_flush();
  ending(SLV_CAUSE_ABORT, SIGABRT);
  SLV_REAL(abort)();
  leave(127);
}

// Context: any
void slv_syscall_exit_group(int status) {
  ended(SLV_CAUSE__EXIT, status & 0xff);
  leave(status);
}

// Ends one thread; the process too if that was the only one. Context: any
void slv_syscall_exit(int status) {
  if (slv_single_threaded()) ended(SLV_CAUSE_THREAD_EXIT, status & 0xff);
  else if (slv_process.active) slv_flush();
  for (;;) SLV_SYS1(SYS_exit, status);
}
