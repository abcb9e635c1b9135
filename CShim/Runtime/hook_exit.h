// How a life ends of its own accord.
#ifndef SLV_HOOK_EXIT_H
#define SLV_HOOK_EXIT_H

#include "hooks.h"

// What the library's destructor does. Context: thread
void slv_exit_destructor(void);

// Looks up what a fork child is likely to call first, once for all children. Context: any
void slv_exit_prepare(void);

// What the stub of syscall(2) calls for these numbers; they do not return. Context: any
void slv_syscall_exit_group(int status);
void slv_syscall_exit(int status);

#endif
