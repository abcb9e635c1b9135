// What the stub of syscall(2) calls for these numbers; return as it does.
#ifndef SLV_HOOK_SANDBOX_H
#define SLV_HOOK_SANDBOX_H

// Context: any
long slv_syscall_seccomp(unsigned operation, unsigned flags, void *arguments);
long slv_syscall_prctl(long option, long a, long b, long c, long d);

#endif
