// The registers of a thread that a signal interrupted.
#ifndef SLV_CONTEXT_H
#define SLV_CONTEXT_H

#include <ucontext.h>

#include "base/system.h"

#include SLV_PROCESSOR_FILE(base, context.h)

#endif
