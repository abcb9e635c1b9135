// coverage.py in a Python process: what it has counted is in Python objects, which only code of the
// interpreter can write down. See python_guard.c.
#ifndef SLV_PYTHON_GUARD_H
#define SLV_PYTHON_GUARD_H

#include <signal.h>
#include <ucontext.h>

#include "python_host.h"

// From the audit hook, with the interpreter's lock, in an interpreter that is ready. Context: thread
void slv_python_guard_event(const char *event, slv_py *arguments);

// An interpreter is ready, and its events are looked at until this one has returned. Context: thread
void slv_python_guard_enter(void);

// hook_dl.c: a library is about to be loaded, which may be part of coverage.py. Context: thread
void slv_python_guard_import(void);

// hook_fork.c, in the child: nothing of the interpreter may be used until it knows. Context: thread
void slv_python_guard_fork_child(void);

// ---- between python_guard.c and python_death.c ------------------------------------------------------

// Calls save() of guard.py: 0 saved, 1 coverage.py is at work, 2 it failed. With the interpreter's lock.
// Context: thread
int slv_python_guard_save(int waits);

// True when there is something to save, and Python code can run. Context: any
int slv_python_guard_ready(void);

// True when this thread has the lock of its interpreter. Context: any
int slv_python_guard_holds(void);

// Before the first death: what a handler can't look up. Context: thread
void slv_python_death_prepare(void);
void slv_python_death_fork_child(void);

// safe/death.c: a signal that came again for us is what it was the first time. Context: any
void slv_python_death_original(int signal, siginfo_t *info);

// The saver of save.c. Context: any
int slv_python_death(int signal, siginfo_t *info, ucontext_t *context);

#endif
