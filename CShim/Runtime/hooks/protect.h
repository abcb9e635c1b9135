// syscall(SYS_mprotect, …) and its kin.
#ifndef SLV_HOOK_PROTECT_H
#define SLV_HOOK_PROTECT_H

// Context: thread
long slv_syscall_protect(long number, long address, long bytes, long protection, long key);

#endif
