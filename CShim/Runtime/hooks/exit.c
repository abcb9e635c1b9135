// exit, _exit, _Exit, quick_exit, abort, and the end of main; hooks/exit.S is in front of it. What libc
// calls inside itself (after main, err(), the parent's side of daemon(), the last pthread_exit) comes by
// none of these names: the handler that is registered before all others, and so runs after all others,
// sees those too.
#include "hooks/hooks.h"

#include <stdlib.h>

#include "base/facts.h"
#include "counters/counters.h"
#include "hooks/exit.h"
#include "ledger/ledger.h"
#include "life/life.h"
#include "python/moments.h"
#include "signals/signals.h"

// glibc's; musl has neither, and gives its handlers no status.
#pragma weak on_exit
#pragma weak __cxa_at_quick_exit
int __cxa_at_quick_exit(void (*handler)(void *), void *library);

// Of hooks/exit.S.
#define SLV_INTERNAL __attribute__((visibility("hidden")))
SLV_INTERNAL void *slv_note_exit(int status);
SLV_INTERNAL void *slv_note__exit(int status);
SLV_INTERNAL void *slv_note__Exit(int status);
SLV_INTERNAL void *slv_note_quick_exit(int status);
SLV_INTERNAL void *slv_note_abort(void);
SLV_HOT void *slv_main_return;
SLV_HOT void **slv_main_slot;

static SLV_HOT int registered; // exit handlers: ours runs last

typedef int plain_register(void (*handler)(void));

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
  slv_save();
  slv_end(SLV_CELL_ENDED, cause, status);
}

// The cause that the life noted itself, else `otherwise`: glibc ended it. An abort() that was noted did
// not come to its end when handlers run. Context: thread
static enum slv_cause noted_cause(enum slv_cause otherwise) {
  const struct slv_cell *cell = slv_process.cell;
  if (cell->state != SLV_CELL_ENDING || cell->cause == SLV_CAUSE_ABORT) return otherwise;
  return (enum slv_cause)cell->cause;
}

// True when main has returned. Its caller in glibc calls exit() from the same frame, so that another
// return address stands where main's stood. Where the address was in a register, all that no
// hook saw counts as a return: err() does too. Context: thread
static int main_returned(void) {
  if (!SLV_RETURNS_BY_STACK) return 1;
  return slv_main_slot != NULL &&
         __atomic_load_n(slv_main_slot, __ATOMIC_RELAXED) != slv_main_return;
}

// The cause of an end that only the last handler saw. When the last thread ends, after main has left by
// pthread_exit(), glibc calls exit(0) in it. Context: thread
static enum slv_cause unnoted_cause(int status) {
  int other_thread = slv_may_call() && slv_sys_gettid() != slv_process.pid;
  if (other_thread) return status == 0 ? SLV_CAUSE_THREAD_EXIT : SLV_CAUSE_EXIT;
  return main_returned() ? SLV_CAUSE_RETURN : SLV_CAUSE_EXIT;
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

// Context: thread
static void last_plain_quick_handler(void) { last_quick_handler(NULL); }

// Runs before destructors of libraries that came later, and before last_handler(). Context: thread
void slv_exit_destructor(void) {
  if (!slv_process.active) return;
  slv_flush();
  if (!registered) slv_end(SLV_CELL_ENDED, noted_cause(SLV_CAUSE_NONE), slv_process.cell->status);
}

// musl's: the status is known where main returned, or a hook saw the end; else the parent's wait tells it.
// Context: thread
static void last_plain_handler(void) {
  const struct slv_cell *cell = slv_process.cell;
  if (slv_process.active) ended(noted_cause(SLV_CAUSE_NONE), cell->status);
}

// Context: thread
void slv_exit_register(void) {
  if (&on_exit != NULL) {
    registered = on_exit(last_handler, NULL) == 0;
  } else {
    plain_register *real = (plain_register *)slv_next("atexit");
    registered = real != NULL && real(last_plain_handler) == 0;
  }
  if (&__cxa_at_quick_exit != NULL) {
    __cxa_at_quick_exit(last_quick_handler, NULL);
  } else {
    plain_register *real = (plain_register *)slv_next("at_quick_exit");
    if (real != NULL) real(last_plain_quick_handler);
  }
}

// Context: thread
void slv_exit_returned(int status) { ending(SLV_CAUSE_RETURN, status & 0xff); }

// What the entry points go on to. Context: any
static void *next(void *real) { return real != NULL ? real : (void *)leave; }

// Context: thread
void *slv_note_exit(int status) {
  ending(SLV_CAUSE_EXIT, status & 0xff);
  return next((void *)slv_real_exit());
}

// Context: any
void *slv_note__exit(int status) {
  ended(SLV_CAUSE__EXIT, status & 0xff);
  return next((void *)slv_real_exit_at_once());
}

// Context: any
void *slv_note__Exit(int status) {
  ended(SLV_CAUSE__EXIT, status & 0xff);
  return next(SLV_REAL(_Exit));
}

// Context: thread
void *slv_note_quick_exit(int status) {
  ending(SLV_CAUSE_QUICK_EXIT, status & 0xff);
  return next(SLV_REAL(quick_exit));
}

// A handler of the program may still jump out of it: the life then goes on, and what is noted later
// counts. What only code can save waits for the signal, for this may be a broken interpreter's last
// word, and our handler sets a limit. Context: any
void *slv_note_abort(void) {
  if (slv_process.active) slv_flush();
  ending(SLV_CAUSE_ABORT, SIGABRT);
  return next(SLV_REAL(abort));
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
