// What is done in each new interpreter.
#ifndef SLV_PYTHON_ENTER_H
#define SLV_PYTHON_ENTER_H

#include "python/host.h"

// An interpreter is ready, and none of the user's code has run in it. With its lock. `number` is below
// SLV_PYTHON_INTERPRETERS and no other living interpreter's. Context: thread
#define SLV_PYTHON_INTERPRETERS 64
void slv_python_enter(const struct slv_python *python, int number);

#endif
