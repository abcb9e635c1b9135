// What a handler can tell of the place where it interrupted its thread.
#ifndef SLV_THREAD_REST_H
#define SLV_THREAD_REST_H

#include <stdint.h>
#include <ucontext.h>

// Context: any
uintptr_t slv_thread_address(const ucontext_t *context);

// True when the thread was asleep in a system call, one that a thread sleeps in without any lock of
// libc's. Context: any
int slv_thread_rests(const ucontext_t *context);

// True when that was in a futex of its own process. A thread that does not come back to a condition
// variable keeps those from it who signal it (glibc), and CPython's lock is one.
// Context: any
int slv_thread_on_futex(const ucontext_t *context);

// True when the thread has just come back from a system call that succeeded. Context: any
int slv_thread_called(const ucontext_t *context);

#endif
