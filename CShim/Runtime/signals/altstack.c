// A stack for the main thread's stack overflow, that the program does not see. Without one the kernel
// cannot run a handler there, and the life ends by SIGSEGV with its private counters unsaved. Threads
// get none: an overflow of theirs loses what is private, and nothing else.
//
// The stack goes as soon as the program gets interested: a sigaltstack of its own, or a handler with
// SA_ONSTACK, which must run where it would without us.
#include "base/next.h"
#include "process/process.h"
#include "signals/signals.h"

static int slv_altstack_on;
static char slv_altstack[65536] __attribute__((aligned(64)));

// Context: any
static int slv_sys_sigaltstack(const stack_t *stack, stack_t *old) {
  return (int)SLV_SYS2(SYS_sigaltstack, stack, old);
}

// Context: any
void slv_altstack_install(void) {
  stack_t old, ours = {.ss_sp = slv_altstack, .ss_size = sizeof slv_altstack};
  if (slv_sys_getpid() != slv_sys_gettid()) return;
  if (slv_sys_sigaltstack(NULL, &old) != 0 || !(old.ss_flags & SS_DISABLE)) return;
  if (slv_sys_sigaltstack(&ours, NULL) == 0)
    __atomic_store_n(&slv_altstack_on, 1, __ATOMIC_RELAXED);
}

// Context: any
void slv_altstack_remove(void) {
  stack_t old, none = {.ss_flags = SS_DISABLE};
  if (!__atomic_load_n(&slv_altstack_on, __ATOMIC_RELAXED) || slv_process.sandboxed) return;
  if (slv_sys_sigaltstack(NULL, &old) == 0 && old.ss_sp == slv_altstack)
    slv_sys_sigaltstack(&none, NULL);
}

// Context: any
SLV_EXPORT int sigaltstack(const stack_t *stack, stack_t *old) {
  stack_t wanted, was;
  if (!__atomic_load_n(&slv_altstack_on, __ATOMIC_RELAXED) || slv_process.sandboxed)
    return SLV_REAL(sigaltstack)(stack, old);
  if (stack != NULL) wanted = *stack;
  int result = SLV_REAL(sigaltstack)(stack != NULL ? &wanted : NULL, &was);
  if (result != 0 || old == NULL) return result;
  if (was.ss_sp == slv_altstack) was = (stack_t){.ss_flags = SS_DISABLE};
  *old = was;
  return result;
}

struct sigstack; // declared by libc where it still is
struct slv_old_stack {
  void *top;
  int on;
};
int sigstack(struct sigstack *stack, struct sigstack *old);

// sigstack(3), of 4.2BSD. Context: any
SLV_EXPORT int sigstack(struct sigstack *stack, struct sigstack *old) {
  struct slv_old_stack *was = (struct slv_old_stack *)(void *)old;
  int (*real)(struct sigstack *, struct sigstack *) = SLV_REAL(sigstack), result = real(stack, old);
  if (result == 0 && was != NULL && was->top == slv_altstack)
    *was = (struct slv_old_stack){NULL, 0};
  return result;
}
