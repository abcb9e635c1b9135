// What a handler can tell of the place where it interrupted its thread.
//
// A system call that a signal woke ends with EINTR, or is set back to be called once more: the thread
// then stands at the instruction again, with the number where it was. That alone does not tell that it
// slept: it may have stood there for the first time. So only numbers count at which it does no harm.
#include "python/thread_rest.h"

#include <linux/futex.h>

#include "base/system.h"

#if defined(__x86_64__)
#define CALL_SIZE 2
// Context: any
static int is_call(uintptr_t address) {
  const unsigned char *code = (const unsigned char *)address;
  return code[0] == 0x0f && code[1] == 0x05;
}
#define ADDRESS(c) ((uintptr_t)(c)->uc_mcontext.gregs[REG_RIP])
#define RESULT(c) ((slv_word)(c)->uc_mcontext.gregs[REG_RAX])
#define NUMBER(c) ((slv_word)(c)->uc_mcontext.gregs[REG_RAX])
#define SECOND(c) ((slv_word)(c)->uc_mcontext.gregs[REG_RSI])
#else
#define CALL_SIZE 4
// Context: any
static int is_call(uintptr_t address) { return *(const uint32_t *)address == 0xd4000001u; }
#define ADDRESS(c) ((uintptr_t)(c)->uc_mcontext.pc)
#define RESULT(c) ((slv_word)(c)->uc_mcontext.regs[0])
#define NUMBER(c) ((slv_word)(c)->uc_mcontext.regs[8])
#define SECOND(c) ((slv_word)(c)->uc_mcontext.regs[1])
#endif

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
#if defined(__x86_64__)
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
uintptr_t slv_thread_address(const ucontext_t *context) { return ADDRESS(context); }

// Context: any
int slv_thread_rests(const ucontext_t *context) {
  uintptr_t at = ADDRESS(context);
  if (is_call(at - CALL_SIZE) && RESULT(context) == -EINTR) return 1;
  return is_call(at) && sleeps(NUMBER(context), SECOND(context));
}

// After EINTR x86-64 does not tell the number, but the arguments. Context: any
int slv_thread_on_futex(const ucontext_t *context) {
  slv_word operation = SECOND(context);
#if defined(__aarch64__)
  if (NUMBER(context) != SYS_futex) return 0;
#endif
  return operation > 0 && (operation & FUTEX_PRIVATE_FLAG) != 0 &&
         ((operation & FUTEX_CMD_MASK) == FUTEX_WAIT ||
          (operation & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET);
}

// Context: any
int slv_thread_called(const ucontext_t *context) {
  return is_call(ADDRESS(context) - CALL_SIZE) && RESULT(context) == 0;
}
