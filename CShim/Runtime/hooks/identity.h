// Changes of the user id.
#ifndef SLV_HOOK_IDENTITY_H
#define SLV_HOOK_IDENTITY_H

// The ids of this process are others now: where it records follows. Context: any
void slv_identity_changed(void);

// What the stub of syscall(2) calls for SYS_setuid, SYS_setreuid, SYS_setresuid and the same of gid:
// they change the calling thread alone. Context: any
long slv_syscall_identity(long number, long a, long b, long c);

#endif
