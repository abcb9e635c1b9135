// What a seccomp filter makes of our own system calls.
#ifndef SLV_SANDBOX_FILTER_H
#define SLV_SANDBOX_FILTER_H

#include <linux/filter.h>

// True when a filter would kill this process, or a later image of it, for a system call that our
// library makes, or answer one with a signal or by asking another process: nothing may be called from
// then on. `program` is what the program hands to the kernel, and need not be readable. Context: any
int slv_filter_is_harsh(const struct sock_fprog *program);

#endif
