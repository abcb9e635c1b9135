// The functions that set or read a signal's action. Those that only ignore a signal or change the mask
// (sigignore, sighold, sigrelse, sigpause, ...) need nothing: the kernel shows what the program set.
#include "hooks/hooks.h"

#include <pthread.h>

#include "base/libc.h"
#include "signals/signals.h"

#define SLV_LIBC_SIGNALS 65 // _NSIG of Linux's libcs: 1 to 64

typedef void (*slv_handler)(int);

// Signals that siginterrupt told signal() to set without SA_RESTART; glibc's own copy is out of reach.
static uint64_t slv_interrupting;

// Context: any
static int slv_passes(void) {
  return !__atomic_load_n(&slv_chained, __ATOMIC_RELAXED) || slv_process.sandboxed;
}

// musl's sigaction does not tell the restorer, by which we know what libc put back: asked of the kernel.
// Context: any
static uintptr_t slv_restorer_of(int signal) {
  struct slv_action action = {.restorer = 0};
  SLV_SYS4(SYS_rt_sigaction, signal, NULL, &action, 8);
  return action.restorer;
}

// What libc's sigaction read, as the program set it. Context: any
static void slv_unwrap_libc(struct sigaction *old) {
  if (slv_view_of((uintptr_t)old->sa_handler) == NULL) return;
  struct slv_action action = {.handler = (uintptr_t)old->sa_handler,
                              .flags = (unsigned long)(unsigned)old->sa_flags,
                              .restorer = (uintptr_t)old->sa_restorer};
  slv_action_unwrap(&action);
  old->sa_handler = (slv_handler)action.handler;
  old->sa_flags = (int)action.flags;
  old->sa_restorer = (void (*)(void))action.restorer;
  slv_copy(&old->sa_mask, &action.mask, sizeof action.mask);
}

// libc's sigaction does the work: argument checks, restorer and errno are its own.
// Context: any
static int slv_sigaction(int signal, const struct sigaction *action, struct sigaction *old) {
  struct sigaction wrapped;
  if (action != NULL) {
    wrapped = *action;
    struct slv_action kernel = {.handler = (uintptr_t)action->sa_handler,
                                .flags = (unsigned long)(unsigned)action->sa_flags};
    slv_copy(&kernel.mask, &action->sa_mask, sizeof kernel.mask);
    if (kernel.handler > (uintptr_t)SIG_IGN && (kernel.flags & SA_ONSTACK)) slv_altstack_remove();
    slv_action_wrap(signal, &kernel, 0);
    wrapped.sa_handler = (slv_handler)kernel.handler;
    wrapped.sa_flags = (int)kernel.flags;
    slv_copy(&wrapped.sa_mask, &kernel.mask, sizeof kernel.mask);
  }
  uintptr_t restorer = slv_libc_is_musl() ? slv_restorer_of(signal) : 0;
  int result = SLV_REAL(sigaction)(signal, action != NULL ? &wrapped : NULL, old);
  if (result != 0 || old == NULL) return result;
  void (*untouched)(void) = old->sa_restorer;
  if (slv_libc_is_musl()) old->sa_restorer = (void (*)(void))restorer;
  slv_unwrap_libc(old);
  if (slv_libc_is_musl()) old->sa_restorer = untouched; // as musl leaves it
  return result;
}

// Context: any
SLV_EXPORT int sigaction(int signal, const struct sigaction *action, struct sigaction *old) {
  if (slv_passes()) return SLV_REAL(sigaction)(signal, action, old);
  return slv_sigaction(signal, action, old);
}

// Context: any
static slv_handler slv_set(int signal, slv_handler handler, int flags, int mask_itself) {
  struct sigaction action = {.sa_flags = flags}, old;
  int refused = handler == SIG_ERR && !slv_libc_is_musl(); // musl 1.2 gives it to the kernel
  if (refused || signal < 1 || signal >= SLV_LIBC_SIGNALS) {
    errno = EINVAL;
    return SIG_ERR;
  }
  uint64_t mask = mask_itself ? SLV_SIGNAL_BIT(signal) : 0;
  action.sa_handler = handler;
  slv_copy(&action.sa_mask, &mask, sizeof mask);
  return slv_sigaction(signal, &action, &old) == 0 ? old.sa_handler : SIG_ERR;
}

// glibc's signal() masks the signal itself, musl's nothing. Context: any
static slv_handler slv_signal(int signal, slv_handler handler) {
  uint64_t bit = signal >= 1 && signal <= SLV_SIGNALS ? SLV_SIGNAL_BIT(signal) : 0;
  int interrupts = (__atomic_load_n(&slv_interrupting, __ATOMIC_RELAXED) & bit) != 0;
  return slv_set(signal, handler, interrupts ? 0 : SA_RESTART, !slv_libc_is_musl());
}

// Context: any
SLV_EXPORT slv_handler signal(int signal_number, slv_handler handler) {
  if (slv_passes()) return SLV_REAL(signal)(signal_number, handler);
  return slv_signal(signal_number, handler);
}

// Context: any
SLV_EXPORT slv_handler ssignal(int signal_number, slv_handler handler) {
  if (slv_passes()) return SLV_REAL(ssignal)(signal_number, handler);
  return slv_signal(signal_number, handler);
}

slv_handler bsd_signal(int signal_number, slv_handler handler);

// Context: any
SLV_EXPORT slv_handler bsd_signal(int signal_number, slv_handler handler) {
  if (slv_passes()) return SLV_REAL(signal)(signal_number, handler);
  return slv_signal(signal_number, handler);
}

// Context: any
static slv_handler slv_sysv_signal(int signal, slv_handler handler) {
  return slv_set(signal, handler, (int)(SA_RESETHAND | SA_NODEFER | SA_INTERRUPT), 0);
}

// Context: any
SLV_EXPORT slv_handler __sysv_signal(int signal_number, slv_handler handler) {
  if (slv_passes()) return SLV_REAL(__sysv_signal)(signal_number, handler);
  return slv_sysv_signal(signal_number, handler);
}

// Context: any
SLV_EXPORT slv_handler sysv_signal(int signal_number, slv_handler handler) {
  if (slv_passes()) return SLV_REAL(__sysv_signal)(signal_number, handler);
  return slv_sysv_signal(signal_number, handler);
}

int __sigaction(int signal, const struct sigaction *action, struct sigaction *old);

// Context: any
SLV_EXPORT int __sigaction(int signal, const struct sigaction *action, struct sigaction *old) {
  return sigaction(signal, action, old);
}

// siginterrupt(3): from now on signal() sets this signal with or without SA_RESTART, and the action
// that it has is changed too; the latter alone in musl. Context: any
SLV_EXPORT int siginterrupt(int signal, int interrupts) {
  int passes = slv_passes();
  struct sigaction action;
  if (passes) {
    int result = SLV_REAL(siginterrupt)(signal, interrupts);
    if (result != 0) return result;
  } else if (slv_sigaction(signal, NULL, &action) != 0) {
    return -1;
  }
  if (interrupts && !slv_libc_is_musl())
    __atomic_fetch_or(&slv_interrupting, SLV_SIGNAL_BIT(signal), __ATOMIC_RELAXED);
  else __atomic_fetch_and(&slv_interrupting, ~SLV_SIGNAL_BIT(signal), __ATOMIC_RELAXED);
  if (passes) return 0;
  action.sa_flags = interrupts ? action.sa_flags & ~SA_RESTART : action.sa_flags | SA_RESTART;
  return slv_sigaction(signal, &action, NULL);
}

// sigset(3). Context: any
SLV_EXPORT slv_handler sigset(int signal, slv_handler disposition) {
  if (slv_passes() || disposition == SIG_HOLD || disposition == SIG_ERR) {
    slv_handler old = SLV_REAL(sigset)(signal, disposition);
    const struct slv_view *view = slv_view_of((uintptr_t)old);
    return view != NULL ? (slv_handler)view->action.handler : old;
  }
  struct sigaction action = {.sa_handler = disposition}, old;
  if (slv_sigaction(signal, &action, &old) != 0) return SIG_ERR;
  uint64_t set = SLV_SIGNAL_BIT(signal), before = 0;
  slv_sys_sigmask(SIG_UNBLOCK, &set, &before);
  return before & set ? SIG_HOLD : old.sa_handler;
}

// libc's handler for cancellation stands from the first call on, where ours stood. Context: thread
SLV_EXPORT int pthread_cancel(pthread_t thread) {
  __typeof__(pthread_cancel) *real = SLV_REAL(pthread_cancel);
  if (real == NULL) return ENOSYS; // in libpthread until glibc 2.34
  int result = real(thread);
  slv_signals_listen();
  return result;
}

struct sigvec;
struct slv_old_vector {
  slv_handler handler;
  int mask, flags; // 1: on the alternate stack, 2: interrupts system calls, 4: resets itself
};
int sigvec(int signal, const struct sigvec *vector, struct sigvec *old);

// sigvec(3), for programs that were linked before glibc 2.21 took it away. Context: any
SLV_EXPORT int sigvec(int signal, const struct sigvec *vector, struct sigvec *old) {
  const struct slv_old_vector *set = (const struct slv_old_vector *)(const void *)vector;
  struct slv_old_vector *was = (struct slv_old_vector *)(void *)old;
  struct sigaction action = {.sa_flags = 0}, before;
  if (set != NULL) {
    action.sa_handler = set->handler;
    slv_copy(&action.sa_mask, &set->mask, sizeof set->mask);
    action.sa_flags = (set->flags & 1 ? SA_ONSTACK : 0) | (set->flags & 2 ? 0 : SA_RESTART) |
                      (set->flags & 4 ? (int)SA_RESETHAND : 0);
  }
  if (sigaction(signal, set != NULL ? &action : NULL, &before) != 0) return -1;
  if (was == NULL) return 0;
  int flags = before.sa_flags;
  was->handler = before.sa_handler;
  slv_copy(&was->mask, &before.sa_mask, sizeof was->mask);
  was->flags = (flags & SA_ONSTACK ? 1 : 0) | (flags & SA_RESTART ? 0 : 2) |
               (flags & (int)SA_RESETHAND ? 4 : 0);
  return 0;
}
