// Signal chaining: which handler stands in the kernel, and what the program is told.
//
// The kernel is the truth. Where no handler of the library stands, what it reports is what the program set (or libc
// behind our back: system, abort). Where our handler stands, the handler's address names the view: what
// the program believes. Kernel and view so change in one step, by the kernel's own lock: no lock of
// ours, nothing that a thread, a handler, a fork or a vfork child could see half done.
#include <errno.h>

#include "base/facts.h"
#include "ledger/kill_notice.h"
#include "ledger/ledger.h"
#include "signals/signals.h"

// What every kernel keeps; the rest is found out once (Linux 5.11 began to clear unknown flags).
#define SLV_KERNEL_RESTORER 0x04000000ul
#define SLV_KNOWN_FLAGS                                                              \
  (SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER | \
   0x80000000ul | SLV_KERNEL_RESTORER)

#if SLV_NEEDS_RESTORER
void slv_signal_restorer(void); // of signals/stubs.S
#define SLV_RESTORER ((uintptr_t)slv_signal_restorer)
#define SLV_RESTORER_FLAG SLV_KERNEL_RESTORER
#else
#define SLV_RESTORER 0
#define SLV_RESTORER_FLAG 0
#endif

SLV_HOT int slv_chained;
static SLV_HOT int slv_listening; // our handler stands for SLV_ASK_SIGNAL, whatever the view
static int slv_chain_init;        // pid 1: the kernel spares it most signals
static unsigned long slv_kept_flags = SLV_KNOWN_FLAGS;
static uint64_t slv_kept_mask = ~(SLV_SIGNAL_BIT(SIGKILL) | SLV_SIGNAL_BIT(SIGSTOP));
static struct slv_view slv_views[SLV_STUBS];

// Context: any
int slv_sys_sigaction(int signal, const struct slv_action *action, struct slv_action *old) {
  return (int)SLV_SYS4(SYS_rt_sigaction, signal, action, old, 8);
}

// Context: any
int slv_signal_fatal(int signal) {
  // Pid 1 of a namespace: a signal that is sent does nothing by default, and would interrupt a system
  // call if we took it; of a trap we could not make it die again, a fault faults again.
  if (slv_chain_init)
    return signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL;
  if (signal < 1 || signal > SLV_SIGNALS || signal == 32 || signal == 33) return 0;
  switch (signal) {
    case SIGKILL:
    case SIGSTOP:
    case SIGCHLD:
    case SIGCONT:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
    case SIGURG:
    case SIGWINCH:
      return 0;
    default:
      return 1;
  }
}

// Context: any
const struct slv_view *slv_view_of(uintptr_t handler) {
  uintptr_t offset = handler - (uintptr_t)slv_signal_stubs;
  if (offset >= sizeof slv_signal_stubs || offset % SLV_STUB_SIZE != 0) return NULL;
  const struct slv_view *view = &slv_views[offset / SLV_STUB_SIZE];
  return __atomic_load_n(&view->state, __ATOMIC_ACQUIRE) == 2 ? view : NULL;
}

// The stub of a view, made when it is new; 0 when all are taken. One that another thread, or the code
// that we interrupted, is still writing is passed over: two views that say the same do no harm.
// Context: any
static uintptr_t slv_stub_for(const struct slv_action *action, int literal) {
  for (unsigned i = 0; i < SLV_STUBS; i++) {
    struct slv_view *view = &slv_views[i];
    uint32_t state = __atomic_load_n(&view->state, __ATOMIC_ACQUIRE);
    if (state == 0 && __atomic_compare_exchange_n(&view->state, &state, 1, 0, __ATOMIC_ACQUIRE,
                                                  __ATOMIC_ACQUIRE)) {
      view->action = *action;
      view->literal = (uint32_t)literal;
      __atomic_store_n(&view->state, 2, __ATOMIC_RELEASE);
      state = 2;
    }
    if (state == 2 && view->literal == (uint32_t)literal &&
        view->action.handler == action->handler && view->action.flags == action->flags &&
        view->action.mask == action->mask && view->action.restorer == action->restorer)
      return (uintptr_t)slv_signal_stubs + i * SLV_STUB_SIZE;
  }
  return 0;
}

// True when a handler of the program needs us before it. Context: any
static int slv_wants_before(int signal, const struct slv_action *action) {
  if (slv_process.save_before & SLV_SIGNAL_BIT(signal) || signal == SLV_ASK_SIGNAL) return 1;
  // abort() puts SIG_DFL in place by itself after such a handler returned: then it is too late.
  if (signal == SIGABRT) return 1;
  return (action->flags & SA_RESETHAND) != 0 && slv_signal_fatal(signal);
}

// Context: any
void slv_action_wrap(int signal, struct slv_action *action, int literal) {
  if (signal < 1 || signal > SLV_SIGNALS || signal == SIGKILL || signal == SIGSTOP ||
      signal == 33 || slv_process.sandboxed || slv_view_of(action->handler) != NULL)
    return;
  int listens = signal == SLV_ASK_SIGNAL;
  if (listens ? !slv_listening : action->handler == (uintptr_t)SIG_IGN) return;
  int ours = action->handler == (uintptr_t)SIG_DFL || action->handler == (uintptr_t)SIG_IGN;
  if (!listens && (ours ? !slv_signal_fatal(signal) : !slv_wants_before(signal, action))) return;
  struct slv_action seen = *action;
  seen.flags &= slv_kept_flags;
  seen.mask &= slv_kept_mask;
  if (!literal) seen.restorer = 0;
  uintptr_t stub = slv_stub_for(&seen, literal);
  if (stub == 0) return;
  action->handler = stub;
  if (!ours)
    return; // the program's own flags and mask: RESETHAND, NODEFER, ONSTACK are the kernel's
  action->flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART | SLV_RESTORER_FLAG;
  action->restorer = SLV_RESTORER;
  action->mask = ~0ull;
}

// Puts an action in the place of one that was just read. When another thread was quicker, its action
// comes back and is put in place instead, wrapped. Context: any
static void slv_replace(int signal, const struct slv_action *read, struct slv_action action) {
  uintptr_t expected = read->handler;
  for (int i = 0; i < 100; i++) {
    struct slv_action old;
    if (slv_sys_sigaction(signal, &action, &old) != 0 || old.handler == expected) return;
    expected = action.handler;
    action = old;
    slv_action_wrap(signal, &action, 1);
  }
}

// Which flags and signals of a mask this kernel keeps (an emulator's may differ), asked with an action
// that is ours anyway. Context: any
static void slv_learn(int signal, struct slv_action action) {
  struct slv_action old;
  unsigned long plain = action.flags;
  action.flags |= 0xfffffffful & ~SLV_KNOWN_FLAGS;
  if (slv_sys_sigaction(signal, &action, NULL) == 0 && slv_sys_sigaction(signal, NULL, &old) == 0) {
    slv_kept_flags = SLV_KNOWN_FLAGS | (old.flags & ~SLV_KNOWN_FLAGS);
    slv_kept_mask = old.mask;
  }
  action.flags = plain;
  slv_sys_sigaction(signal, &action, NULL);
}

// Context: any
static void slv_chain_all(void) {
  int learned = 0, onstack = 0;
  for (int n = 1; n <= SLV_SIGNALS; n++) {
    struct slv_action read, action;
    if (slv_sys_sigaction(n, NULL, &read) != 0) continue;
    if (read.handler > (uintptr_t)SIG_IGN && (read.flags & SA_ONSTACK)) onstack = 1;
    action = read;
    slv_action_wrap(n, &action, 1);
    if (action.handler == read.handler) continue;
    slv_replace(n, &read, action);
    if (!learned && read.handler == (uintptr_t)SIG_DFL) {
      slv_learn(n, action);
      learned = 1;
    }
  }
  if (!onstack && (slv_has_private() || (slv_process.settings & SLV_SETTING_PRIVATE)))
    slv_altstack_install();
}

// Context: any
void slv_signals_listen(void) {
  struct slv_action read, action;
  if (!__atomic_load_n(&slv_listening, __ATOMIC_ACQUIRE) || slv_process.sandboxed ||
      slv_is_vfork_child() || slv_sys_sigaction(SLV_ASK_SIGNAL, NULL, &read) != 0)
    return;
  action = read;
  slv_action_wrap(SLV_ASK_SIGNAL, &action, 1);
  if (action.handler != read.handler) slv_replace(SLV_ASK_SIGNAL, &read, action);
}

// Context: any
void slv_signals_before_exec(void) {
  if (!__atomic_load_n(&slv_listening, __ATOMIC_ACQUIRE) || slv_process.sandboxed) return;
  struct slv_action read;
  if (slv_sys_sigaction(SLV_ASK_SIGNAL, NULL, &read) != 0) return;
  const struct slv_view *view = slv_view_of(read.handler);
  if (view == NULL || view->action.handler != (uintptr_t)SIG_IGN) return;
  slv_sys_sigaction(SLV_ASK_SIGNAL, &view->action, NULL); // a handler would become the default
}

// Context: any
void slv_signals_chain(void) {
  int expected = 0;
  if (slv_process.sandboxed || slv_is_vfork_child()) return;
  if (slv_has_private() && slv_sys_getpid() != 1)
    __atomic_store_n(&slv_listening, 1, __ATOMIC_RELEASE);
  if (!__atomic_compare_exchange_n(&slv_chained, &expected, 1, 0, __ATOMIC_ACQ_REL,
                                   __ATOMIC_ACQUIRE)) {
    slv_signals_listen(); // private only now
    return;
  }
  slv_chain_init = slv_sys_getpid() == 1;
  slv_chain_all();
  if (slv_process.cell != NULL)
    __atomic_fetch_or(&slv_process.cell->flags, SLV_FLAG_CHAINED, __ATOMIC_RELAXED);
}

// Gives a signal back to the kernel's default where our handler for it stands: to what the program set,
// which for the request may be something else. Context: any
static void slv_unchain(int signal) {
  struct slv_action read;
  if (slv_sys_sigaction(signal, NULL, &read) != 0) return;
  const struct slv_view *view = slv_view_of(read.handler);
  if (view == NULL || (view->action.handler != (uintptr_t)SIG_DFL && signal != SLV_ASK_SIGNAL))
    return;
  slv_replace(signal, &read, view->action);
}

// Context: any
void slv_signals_fork_child(void) {
  if (!slv_chained) return;
  if (slv_process.cell != NULL)
    __atomic_fetch_or(&slv_process.cell->flags, SLV_FLAG_CHAINED, __ATOMIC_RELAXED);
  if (slv_process.sandboxed) return;
  int init = slv_sys_getpid() == 1;
  if (init == slv_chain_init) return;
  slv_chain_init = init;
  for (int n = 1; n <= SLV_SIGNALS; n++)
    if (!slv_signal_fatal(n)) slv_unchain(n);
  if (!init) slv_chain_all();
}

// A signal that is sent could not be sent again from inside the sandbox: those go back to the default.
// A fault needs only that the kernel itself resets the action: then it faults again. Context: any
void slv_signals_enter_sandbox(void) {
  if (!slv_chained || slv_process.sandboxed || slv_is_vfork_child()) return;
  for (int n = 1; n <= SLV_SIGNALS; n++) {
    if (n != SIGSEGV && n != SIGBUS && n != SIGFPE && n != SIGILL) {
      slv_unchain(n);
      continue;
    }
    struct slv_action action;
    if (slv_sys_sigaction(n, NULL, &action) != 0) continue;
    const struct slv_view *view = slv_view_of(action.handler);
    if (view == NULL || view->action.handler != (uintptr_t)SIG_DFL) continue;
    action.flags |= SA_RESETHAND;
    slv_sys_sigaction(n, &action, NULL);
  }
}

// Context: any
void slv_signals_leave_sandbox(void) {
  if (!slv_chained || slv_is_vfork_child()) return;
  for (int n = 1; n <= SLV_SIGNALS; n++) {
    struct slv_action action;
    if (slv_sys_sigaction(n, NULL, &action) != 0) continue;
    const struct slv_view *view = slv_view_of(action.handler);
    if (view == NULL || view->action.handler != (uintptr_t)SIG_DFL) continue;
    action.flags &= ~(unsigned long)SA_RESETHAND;
    slv_sys_sigaction(n, &action, NULL);
  }
  slv_chain_all();
}

// Context: any
void slv_signal_chain_again(int signal, const struct slv_view *view) {
  struct slv_action read = view->action, action;
  read.handler = (uintptr_t)SIG_DFL;
  action = read;
  slv_action_wrap(signal, &action, (int)view->literal);
  if (action.handler != read.handler) slv_replace(signal, &read, action);
}

// Context: any
void slv_action_unwrap(struct slv_action *old) {
  const struct slv_view *view = slv_view_of(old->handler);
  if (view == NULL) return;
  struct slv_action seen = view->action;
  uintptr_t ours = seen.handler <= (uintptr_t)SIG_IGN ? SLV_RESTORER : seen.restorer;
  // system() and others of libc put back what they read from the kernel, and libc's restorer with it.
  if (!view->literal || old->restorer != ours) {
    seen.restorer = old->restorer;
    seen.flags |= old->flags & SLV_KERNEL_RESTORER;
  }
  *old = seen;
}

// Context: any
long slv_syscall_rt_sigaction(int signal, const void *action, void *old, size_t size) {
  struct slv_action wrapped, was;
  if (!__atomic_load_n(&slv_chained, __ATOMIC_RELAXED) || size != 8 || slv_process.sandboxed)
    return SLV_SYS4(SYS_rt_sigaction, signal, action, old, size);
  if (action != NULL) {
    // A bad address must be the kernel's EFAULT, not a fault in our code. The kernel reads the action before
    // it finds out that there is no signal 0.
    if (SLV_SYS4(SYS_rt_sigaction, 0, action, NULL, 8) == -EFAULT) return -EFAULT;
    slv_copy(&wrapped, action, sizeof wrapped);
    if (wrapped.handler > (uintptr_t)SIG_IGN && (wrapped.flags & SA_ONSTACK)) slv_altstack_remove();
    slv_action_wrap(signal, &wrapped, 1);
  }
  // The kernel writes to the program's memory itself, and says EFAULT if it must.
  long result = SLV_SYS4(SYS_rt_sigaction, signal, action != NULL ? &wrapped : NULL, old, size);
  if (result != 0 || old == NULL) return result;
  slv_copy(&was, old, sizeof was);
  slv_action_unwrap(&was);
  slv_copy(old, &was, sizeof was);
  return 0;
}
