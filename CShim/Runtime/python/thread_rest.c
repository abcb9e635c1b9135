// What a handler can tell of the place where it interrupted its thread.
//
// A system call that a signal woke ends with EINTR, or is set back to be called once more: the thread
// then stands at the instruction again, with the number where it was. That alone does not tell that it
// slept: it may have stood there for the first time. So only numbers count at which it does no harm.
#include "python/thread_rest.h"

#include <linux/futex.h>

#include "base/context.h"

// Context: any
static int sleeps(slv_word number, slv_word second) {
  static const short numbers[] = {
#define SLV_NUMBER(name) SYS_##name,
    SLV_NUMBER(read) SLV_NUMBER(readv) SLV_NUMBER(write) SLV_NUMBER(writev) SLV_NUMBER(pselect6)
        SLV_NUMBER(ppoll) SLV_NUMBER(nanosleep) SLV_NUMBER(clock_nanosleep) SLV_NUMBER(wait4)
            SLV_NUMBER(waitid) SLV_NUMBER(accept) SLV_NUMBER(accept4) SLV_NUMBER(connect)
                SLV_NUMBER(recvfrom) SLV_NUMBER(recvmsg) SLV_NUMBER(sendto) SLV_NUMBER(sendmsg)
                    SLV_NUMBER(epoll_pwait) SLV_NUMBER(flock) SLV_NUMBER(semtimedop)
                        SLV_NUMBER(msgrcv) SLV_NUMBER(rt_sigsuspend) SLV_NUMBER(rt_sigtimedwait)
                            SLV_NUMBER(restart_syscall)
#if defined(__NR_poll) // of processors that Linux has long known
                                SLV_NUMBER(poll) SLV_NUMBER(select) SLV_NUMBER(pause)
                                    SLV_NUMBER(epoll_wait)
#endif
#undef SLV_NUMBER
  };
  if (number == SYS_futex)
    return (second & FUTEX_CMD_MASK) == FUTEX_WAIT ||
           (second & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET;
  for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++)
    if (numbers[i] == number) return 1;
  return 0;
}

// Context: any
uintptr_t slv_thread_address(const ucontext_t *context) { return (uintptr_t)SLV_NEXT(context); }

// Context: any
int slv_thread_rests(const ucontext_t *context) {
  uintptr_t at = (uintptr_t)SLV_NEXT(context);
  if (slv_is_call(at - SLV_CALL_BYTES) && SLV_CALL_RESULT(context) == -EINTR) return 1;
  return slv_is_call(at) && sleeps(SLV_CALL_NUMBER(context), SLV_CALL_SECOND(context));
}

// After EINTR not every processor tells the number, but each the arguments. Context: any
int slv_thread_on_futex(const ucontext_t *context) {
  slv_word operation = SLV_CALL_SECOND(context);
  if (SLV_CALL_NUMBER_STAYS && SLV_CALL_NUMBER(context) != SYS_futex) return 0;
  return operation > 0 && (operation & FUTEX_PRIVATE_FLAG) != 0 &&
         ((operation & FUTEX_CMD_MASK) == FUTEX_WAIT ||
          (operation & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET);
}

// Context: any
int slv_thread_called(const ucontext_t *context) {
  return slv_is_call((uintptr_t)SLV_NEXT(context) - SLV_CALL_BYTES) &&
         SLV_CALL_RESULT(context) == 0;
}
