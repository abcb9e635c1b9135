// Signal chaining: our handlers that the program cannot see. See signals/chain.c.
#ifndef SLV_SIGNALS_H
#define SLV_SIGNALS_H

#include <signal.h>
#include <stdint.h>
#include <ucontext.h>

#include "signals/stubs.h"

// ---- for the rest of the runtime -----------------------------------------------------------------

// Puts our handlers where the program's view is SIG_DFL and the default action ends the process. Called
// once or many times, by the constructor or later. Context: any
void slv_signals_chain(void);

// Puts our handler for the kill notice (ledger/kill_notice.h) where this life has private counters, again when libc
// has put its own there: before main, after pthread_cancel. Context: any
void slv_signals_listen(void);

// What an exec'ed program is to inherit. slv_signals_listen() undoes it. Context: any
void slv_signals_before_exec(void);

// In the child of a fork: a process that became, or no longer is, pid 1 needs other handlers.
// Context: any
void slv_signals_fork_child(void);

// Before a seccomp filter comes, and before slv_process.sandboxed is set: afterwards our handlers run
// for faults only, and make no system call. Context: any
void slv_signals_enter_sandbox(void);

// After slv_process.sandboxed was cleared: the filter did not come. Context: any
void slv_signals_leave_sandbox(void);

// syscall(SYS_rt_sigaction, ...): the kernel's value, -errno on failure. Context: any
long slv_syscall_rt_sigaction(int signal, const void *action, void *old, size_t size);

// ---- signals/chain.c: views -----------------------------------------------------------------------------

#define SLV_SIGNALS 64
#define SLV_SIGNAL_BIT(n) (1ull << ((n)-1))

// As rt_sigaction(2) reads and writes it, on x86-64 and aarch64.
struct slv_action {
  uintptr_t handler;
  unsigned long flags;
  uintptr_t restorer;
  uint64_t mask;
};

// What the program set, where our handler stands in the kernel. Never changes once ready.
struct slv_view {
  struct slv_action action;
  uint32_t literal; // restorer and SA_RESTORER are the program's; else as the kernel has them
  uint32_t state;   // 0 free, 1 being written, 2 ready
};

extern int slv_chained; // the only thing that hooks of an unchained life read

// The view behind a handler that the kernel reported; NULL when it is not ours. Context: any
const struct slv_view *slv_view_of(uintptr_t handler);

// Changes an action that the program wants into the one that the kernel gets; leaves it alone where
// no handler is needed. Context: any
void slv_action_wrap(int signal, struct slv_action *action, int literal);

// Changes an action that the kernel reported into what the program would have read. Context: any
void slv_action_unwrap(struct slv_action *old);

// True when the default action of this signal ends this process. Context: any
int slv_signal_fatal(int signal);

// After the kernel reset a handler with SA_RESETHAND to SIG_DFL. Context: any
void slv_signal_chain_again(int signal, const struct slv_view *view);

// rt_sigaction. Context: any
int slv_sys_sigaction(int signal, const struct slv_action *action, struct slv_action *old);

// ---- signals/altstack.c: a stack for the main thread's stack overflow --------------------------------------

// Gives the calling thread an alternate stack that sigaltstack(2) does not show, where it is the main
// thread and has none. Context: any
void slv_altstack_install(void);

// A handler of the program with SA_ONSTACK must not run on it: takes it away. Context: any
void slv_altstack_remove(void);

// ---- signals/saver.c: a source that code must save

// A source that must run code to be saved, where a flush is plain stores. There is one at most. It is
// called at each end that a hook or our handler sees, and when this process is about to be
// killed. In a handler (`context` is not NULL; all signals are blocked) it may answer 0, "not now":
// then it has seen to it that the same signal comes to this process again, with the same siginfo, and
// the handler returns to the program. Else 1. From its registration on the life counts as private:
// its signals are chained, and a process that kills it asks first. Context: any
typedef int slv_saver(int signal, siginfo_t *info, ucontext_t *context);
void slv_saver_register(slv_saver *saver);
void slv_saver_fork_child(void);

// Calls it; 1 where there is none. Context: any
int slv_save_by_code(int signal, siginfo_t *info, ucontext_t *context);

// ---- signals/stubs.S -------------------------------------------------------------------------------

// What a stub calls at each delivery: 0, or the program's handler. life/death.c has it; written once, before
// our first handler stands.
typedef uintptr_t slv_signal_function(int signal, siginfo_t *info, ucontext_t *context,
                                      unsigned number);
extern slv_signal_function *slv_signal_entry;

extern const char slv_signal_stubs[SLV_STUBS * SLV_STUB_SIZE];
__attribute__((noreturn)) void slv_signal_return(siginfo_t *info, ucontext_t *context);
void slv_call_on_stack(void (*function)(void *), void *argument, void *top);

#endif
