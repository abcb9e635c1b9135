// What runs when a signal is delivered to one of our stubs: before a handler of the program, or in the
// place of a default action that ends the process.
//
// The order of a death: all signals blocked by the kernel's own mask; one thread becomes its owner;
// counters are saved; the end is noted; the default action is put back; a signal that was sent is
// queued again with its siginfo, and sigreturn goes back to the program with only this signal unblocked.
// The kernel then takes it before the program's next instruction, so that wait status, core and
// registers are those of a death without us. A fault returns as it is, and faults again.
#include "base/context.h"
#include "counters/counters.h"
#include "ledger/kill_notice.h"
#include "ledger/ledger.h"
#include "life/life.h"
#include "python/coveragepy_death.h"
#include "signals/signals.h"

#include "base/poison.h" // last

#define SLV_DEATH_STACK 32768
#define SLV_WAIT_MS 2000

static struct {
  uint64_t owner; // pid << 32 | tid of the thread that saves; of another process: nobody
  int signal;
  siginfo_t *info;
  ucontext_t *context;
  const struct slv_view *view;
  char stack[SLV_DEATH_STACK] __attribute__((aligned(64)));
} slv_death;

// The mask that sigreturn will set: the kernel's 8 bytes. Context: any
static void slv_set_mask(ucontext_t *context, uint64_t mask) {
  slv_copy(&context->uc_sigmask, &mask, sizeof mask);
}

// A fault of this thread's own instructions, which the kernel forces. Context: any
static int slv_is_fault(int signal, const siginfo_t *info) {
  return (signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL) &&
         info->si_code > 0;
}

// A fault in the loops of counters/flush_loops.S ends the loop, and nothing else. 1 when it was one. Context: any
static int slv_leave_loop(int signal, const siginfo_t *info, ucontext_t *context) {
  uintptr_t at = (uintptr_t)SLV_NEXT(context);
  if (!slv_is_fault(signal, info) || at < (uintptr_t)slv_flush_loops ||
      at >= (uintptr_t)slv_flush_loops_end)
    return 0;
  SLV_NEXT(context) = (__typeof__(SLV_NEXT(context)))(uintptr_t)slv_flush_failed;
  return 1;
}

// True when the return from the handler repeats the instruction, and it will fault again. Not so: what
// the kernel forces for a system call (a bad signal frame), traps, and memory errors found elsewhere.
// And not for sure when signals came meanwhile, for their handlers would run first. Context: any
static int slv_faults_again(int signal, const siginfo_t *info, const ucontext_t *context) {
  if (!slv_is_fault(signal, info) || info->si_code == SI_KERNEL) return 0;
  if (signal == SIGBUS && info->si_code == BUS_MCEERR_AO) return 0;
  uint64_t pending = 0, blocked;
  SLV_SYS2(SYS_rt_sigpending, &pending, sizeof pending);
  slv_copy(&blocked, &context->uc_sigmask, sizeof blocked);
  return (pending & ~blocked) == 0;
}

// Arranges that the return from this handler is the death. Context: any
static void slv_die(int signal, siginfo_t *info, ucontext_t *context, const struct slv_view *view) {
  struct slv_action action = view->action;
  action.handler = (uintptr_t)SIG_DFL;
  slv_sys_sigaction(signal, &action, NULL);
  pid_t pid = slv_sys_getpid(), tid = slv_sys_gettid();
  // Pid 1 would not get what it sends itself; a fault is forced on it too.
  if (pid == 1 || slv_faults_again(signal, info, context)) return;
  // The kernel lets a thread send itself any siginfo (rt_tgsigqueueinfo(2)). Full queue: without it.
  if (SLV_SYS4(SYS_rt_tgsigqueueinfo, pid, tid, signal, info) != 0)
    SLV_SYS3(SYS_tgkill, pid, tid, signal);
  slv_set_mask(context, ~SLV_SIGNAL_BIT(signal));
}

// Context: any
static void slv_save_counters(void *unused) {
  (void)unused;
  slv_flush();
  if (slv_death.signal != SLV_ASK_SIGNAL)
    slv_end(SLV_CELL_ENDED, SLV_CAUSE_SIGNAL, slv_death.signal);
}

// A fault in slv_save_counters, whatever the reason, must not change how the life ends: while it runs, our own
// handler stands for SEGV and BUS in this process. Other threads that fault meanwhile wait in it.
// Context: any
static void slv_save_guarded(const ucontext_t *context) {
  const uint64_t open = SLV_SIGNAL_BIT(SIGSEGV) | SLV_SIGNAL_BIT(SIGBUS);
  uint64_t all = ~0ull;
  struct slv_action guard = {0}, old;
  slv_action_wrap(SIGSEGV, &guard, 1);
  if (guard.handler != 0) {
    if (slv_death.signal != SIGSEGV) slv_sys_sigaction(SIGSEGV, &guard, &old);
    if (slv_death.signal != SIGBUS) slv_sys_sigaction(SIGBUS, &guard, &old);
    slv_sys_sigmask(SIG_UNBLOCK, &open, NULL);
  }
  // An alternate stack may have no room left but for the kernel's frame. Where it has, no other is
  // taken: valgrind would complain of what lies between them.
  const char *stack = context->uc_stack.ss_sp, *here = (const char *)&old;
  if (!(context->uc_stack.ss_flags & SS_DISABLE) && here >= stack &&
      here < stack + context->uc_stack.ss_size && here - stack < SLV_DEATH_STACK)
    slv_call_on_stack(slv_save_counters, NULL, slv_death.stack + sizeof slv_death.stack);
  else slv_save_counters(NULL);
  slv_sys_sigmask(SIG_BLOCK, &all, NULL);
}

// Makes this thread the owner of the death; 0 when it is another's, or this thread's own already.
// Context: any
static int slv_claim(uint64_t self) {
  uint64_t owner = __atomic_load_n(&slv_death.owner, __ATOMIC_ACQUIRE);
  while (owner >> 32 != self >> 32) // left over from the process that we were forked from
    if (__atomic_compare_exchange_n(&slv_death.owner, &owner, self, 0, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
      return 1;
  return 0;
}

// Context: any
static void slv_release(void) { __atomic_store_n(&slv_death.owner, 0, __ATOMIC_RELEASE); }

// Another thread is dying: its end is the process's end, and takes this thread with it. The bound is
// for a debugger that took the death away. Context: any
static void slv_wait_for_death(void) {
  struct timespec moment = {0, 1000000};
  for (int i = 0; i < SLV_WAIT_MS; i++) SLV_SYS2(SYS_nanosleep, &moment, NULL);
}

// Context: any
static uint64_t slv_self(pid_t pid) { return (uint64_t)pid << 32 | (uint32_t)slv_sys_gettid(); }

// This process is about to be killed by another one that waits for us: saves, says so, and waits in turn,
// for the program must not go on. 1 when that was it. Context: any
static int slv_asked(int signal, siginfo_t *info, ucontext_t *context,
                     const struct slv_view *view) {
  if (signal != SLV_ASK_SIGNAL || info->si_code != SLV_ASK_CODE) return 0;
  if (slv_process.sandboxed || slv_is_vfork_child() || !slv_process.active) return 1;
  uint32_t *ask = &slv_process.cell->ask;
  uint32_t state = __atomic_load_n(ask, __ATOMIC_ACQUIRE);
  if (state != SLV_ASK_ASKED && state != SLV_ASK_WORKS) return 1;
  if (!slv_claim(slv_self(slv_sys_getpid()))) return 1; // dying anyway
  if (slv_save_by_code(signal, info, context)) {
    slv_death.signal = signal;
    slv_death.info = info;
    slv_death.context = context;
    slv_death.view = view;
    slv_save_guarded(context);
    slv_notice_answer();
    uint32_t saved = SLV_ASK_SAVED; // nobody killed us
    __atomic_fetch_and(&slv_process.cell->flags, ~SLV_FLAG_FLUSHED, __ATOMIC_RELAXED);
    __atomic_compare_exchange_n(ask, &saved, SLV_ASK_IDLE, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
  }
  slv_release();
  return 1;
}

// Context: any
static void slv_default(int signal, siginfo_t *info, ucontext_t *context,
                        const struct slv_view *view) {
  if (slv_process.sandboxed) { // the kernel has reset the action: the fault comes again
    slv_flush();
    slv_end(SLV_CELL_ENDED, SLV_CAUSE_SIGNAL, signal);
    return;
  }
  if (slv_is_vfork_child()) { // it shares the memory below, and has nothing to save
    slv_die(signal, info, context, view);
    return;
  }
  pid_t pid = slv_sys_getpid();
  if (pid == 1 && !slv_is_fault(signal, info)) return; // the default action does nothing
  uint64_t self = slv_self(pid);
  int owns = __atomic_load_n(&slv_death.owner, __ATOMIC_ACQUIRE) == self;
  // Before the claim: the thread that saves may need what others that were hit have.
  if (!owns && !slv_save_by_code(signal, info, context)) return; // the same signal comes again
  if (!owns && slv_claim(self)) {
    slv_death.signal = signal;
    slv_death.info = info;
    slv_death.context = context;
    slv_death.view = view;
    slv_save_guarded(context);
  } else if (owns) {
    if (!slv_is_fault(signal, info)) return; // sent meanwhile: the death is on its way
    if (slv_death.signal == SLV_ASK_SIGNAL) SLV_SYS2(SYS_kill, pid, SIGKILL); // it was coming
    slv_die(slv_death.signal, slv_death.info, slv_death.context, slv_death.view);
    slv_signal_return(slv_death.info, slv_death.context);
  } else {
    slv_wait_for_death();
  }
  slv_die(signal, info, context, view);
}

// Context: any
static void slv_before(int signal, const struct slv_view *view) {
  if ((view->action.flags & SA_RESETHAND) && slv_signal_fatal(signal))
    slv_signal_chain_again(signal, view);
  int mark = (slv_process.save_before & SLV_SIGNAL_BIT(signal)) != 0;
  if ((!mark && !slv_has_private()) || (!mark && signal != SIGABRT)) return;
  if (!slv_process.sandboxed && slv_is_vfork_child()) return;
  const uint64_t others = ~(SLV_SIGNAL_BIT(SIGSEGV) | SLV_SIGNAL_BIT(SIGBUS)); // a flush may fault
  uint64_t mask;
  if (!slv_process.sandboxed) slv_sys_sigmask(SIG_BLOCK, &others, &mask);
  slv_flush();
  if (mark) slv_event(SLV_CELL_MARK, slv_process.pid, signal);
  if (mark && !slv_has_private()) // a flush counts itself
    __atomic_fetch_add(&slv_process.cell->snapshots, 1, __ATOMIC_RELAXED);
  if (!slv_process.sandboxed) slv_signals_restore(&mask);
}

// Context: any
uintptr_t slv_signal_entered(int signal, siginfo_t *info, ucontext_t *context, unsigned number) {
  const struct slv_view *view = slv_view_of((uintptr_t)slv_signal_stubs + number * SLV_STUB_SIZE);
  if (view == NULL || slv_leave_loop(signal, info, context)) return 0;
  slv_python_death_original(signal, info);
  if (slv_asked(signal, info, context, view)) return 0;
  if (view->action.handler == (uintptr_t)SIG_IGN) return 0;
  if (view->action.handler != (uintptr_t)SIG_DFL) {
    slv_before(signal, view);
    return view->action.handler;
  }
  slv_default(signal, info, context, view);
  return 0;
}
