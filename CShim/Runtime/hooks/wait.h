// What the stub of syscall(2) calls for these numbers; return as it does.
#ifndef SLV_HOOK_WAIT_H
#define SLV_HOOK_WAIT_H

#include "base/system.h"

// Context: any
long slv_syscall_wait4(pid_t pid, int *status, int options, struct rusage *usage);
long slv_syscall_waitid(int type, id_t id, siginfo_t *info, int options, struct rusage *usage);

#endif
