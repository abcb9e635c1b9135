// What the stub of syscall(2) calls for kill, tkill, tgkill and their kin; returns as it does.
#ifndef SLV_HOOK_KILL_H
#define SLV_HOOK_KILL_H

// Context: any
long slv_syscall_kill(long number, long a, long b, long c, long d);

#endif
