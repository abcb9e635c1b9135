// How a life ends of its own accord.
#ifndef SLV_HOOK_EXIT_H
#define SLV_HOOK_EXIT_H

// Registers the handlers that run after all others: the first thing that a process does. Context: thread
void slv_exit_register(void);

// main has returned. (For a libc whose exit handlers are not told.) Context: thread
void slv_exit_returned(int status);

// What start/main.S notes before main: its return address, and where on the stack that stands.
extern void *slv_main_return __attribute__((visibility("hidden")));
extern void **slv_main_slot __attribute__((visibility("hidden")));

// What the library's destructor does. Context: thread
void slv_exit_destructor(void);

// What the stub of syscall(2) calls for these numbers; they do not return. Context: any
void slv_syscall_exit_group(int status);
void slv_syscall_exit(int status);

#endif
