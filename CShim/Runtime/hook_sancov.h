// -fsanitize-coverage: who is called by the compiler's code.
#ifndef SLV_HOOK_SANCOV_H
#define SLV_HOOK_SANCOV_H

#include "runtime.h"
#include "source.h"

#define SLV_GUARD_CALLBACK "__sanitizer_cov_trace_pc_guard"
// The section that the callbacks of CShim/Cooperate/sancov.c stand in.
#define SLV_SANCOV_CALLBACKS "salvage_sancov"

#endif
