// What the program is told of a handler.
//
// The kernel is the truth. Where no handler of the library stands, what it reports is what the program set (or libc
// behind our back: system, abort). Where our handler stands, the handler's address names the view: what
// the program believes. Kernel and view so change in one step, by the kernel's own lock: no lock of
// ours, nothing that a thread, a handler, a fork or a vfork child could see half done.
#include "base/system.h"
#include "signals/signals.h"

// What every kernel keeps; the rest is found out once (Linux 5.11 began to clear unknown flags).
#define SLV_KNOWN_FLAGS                                                              \
  (SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER | \
   0x80000000ul | SLV_KERNEL_RESTORER)

static unsigned long slv_kept_flags = SLV_KNOWN_FLAGS;
static uint64_t slv_kept_mask = ~(SLV_SIGNAL_BIT(SIGKILL) | SLV_SIGNAL_BIT(SIGSTOP));
static struct slv_view slv_views[SLV_STUBS];

// Context: any
int slv_sys_sigaction(int signal, const struct slv_action *action, struct slv_action *old) {
  return (int)SLV_SYS4(SYS_rt_sigaction, signal, action, old, 8);
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

// Context: any
uintptr_t slv_view_stub(const struct slv_action *action, int literal) {
  struct slv_action seen = *action;
  seen.flags &= slv_kept_flags;
  seen.mask &= slv_kept_mask;
  if (!literal) seen.restorer = 0;
  return slv_stub_for(&seen, literal);
}

// Context: any
void slv_view_learn(int signal, struct slv_action action) {
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
