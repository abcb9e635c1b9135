// Signal chaining: which handler stands in the kernel. What the program is told of it: signals/views.c.
#include <errno.h>

#include "ledger/kill_notice.h"
#include "ledger/ledger.h"
#include "signals/signals.h"

SLV_HOT int slv_chained;
static SLV_HOT int slv_listening; // our handler stands for SLV_ASK_SIGNAL, whatever the view
static int slv_chain_init;        // pid 1: the kernel spares it most signals

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
  uintptr_t stub = slv_view_stub(action, literal);
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
      slv_view_learn(n, action);
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
