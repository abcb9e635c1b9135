// coverage.py in a Python process: what it has counted is in Python objects, which only code of the
// interpreter can write down. See python/coveragepy.c.
#ifndef SLV_PYTHON_GUARD_H
#define SLV_PYTHON_GUARD_H

#include <signal.h>
#include <ucontext.h>

#include "python/host.h"

// From the audit hook, with the interpreter's lock, in an interpreter that is ready. -1: an exception is set,
// and what the event is of does not happen. Context: thread
int slv_python_guard_event(const char *event, slv_py *arguments);

// An interpreter is ready, and its events are looked at until this one has returned. Context: thread
void slv_python_guard_enter(void);

// hooks/dl.c: a library is about to be loaded, which may be part of coverage.py. Context: thread
void slv_python_guard_import(void);

// hooks/fork.c, in the child: nothing of the interpreter may be used until it knows. Context: any
void slv_python_guard_fork_child(void);

#endif
