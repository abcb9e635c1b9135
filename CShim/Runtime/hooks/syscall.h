// syscall(): hooks/syscall.S and hooks/syscall.c.
#ifndef SLV_SYSCALL_H
#define SLV_SYSCALL_H

void slv_syscall_start(void);
long slv_syscall_fork(long number, long a, long b, long c, long d, long e);
long slv_syscall_failed(long result) __attribute__((visibility("hidden")));

#endif
