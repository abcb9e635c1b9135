// What happens to this process: objects come and go, it forks, is saved, dies.
#ifndef SLV_LIFE_H
#define SLV_LIFE_H

#include <ucontext.h>

#include "objects/objects.h"
#include "process/process.h"

// ---- life/attach.c: objects that come

// Attaches all that are loaded when the process starts. Context: constructor
void slv_objects_start(const char *executed, int by_loader, char *const environment[]);

// Attaches all that were loaded since the last call. Context: thread
void slv_objects_attach_new(void);

// Attaches the object that holds this address, if any does, and of which a runtime of this source asks.
// 0 when it has no such counters that we could keep. Context: thread
int slv_objects_attach_caller(const void *address, enum slv_source source, enum slv_when when);

// ---- life/unload.c: objects that go

// Around dlclose: nobody forks while pages may go. Context: thread
void slv_objects_before_unload(void);
void slv_objects_after_unload(void);

// ---- life/fork.c

// A fork, in three parts: in the parent before, in the parent after (`child` 0: its pid is not known;
// below 0: it failed, -errno), in the child. _Fork may be called in a signal handler, where whatever a
// lock guards could be half done: that is its caller's word, as for every function that forks.
// Context: any
void slv_fork_prepare(void);
void slv_fork_parent(pid_t child);
void slv_fork_child(void);

// Registers the handlers that see libc's own forks; once. Context: any
void slv_fork_register(void);

// The cell of a fork by this thread that the handlers saw, or NULL. Context: any
struct slv_cell *slv_fork_taken(void);

// ---- life/primed.c: what a fork child is likely to call first is looked up before the fork

// Context: any
typedef void slv_exit_function(int status);
slv_exit_function *slv_real_exit(void);
slv_exit_function *slv_real_exit_at_once(void);
char *(*slv_real_getenv(void))(const char *);
void slv_primed_prepare(void);

// ---- life/save.c

// Saves everything, at an end that is no signal. Does nothing in a vfork child. Context: any
void slv_save(void);

// ---- life/death.c

// A signal was delivered to one of our stubs: 0, or the program's handler. Context: any
uintptr_t slv_signal_entered(int signal, siginfo_t *info, ucontext_t *context, unsigned number);

#endif
