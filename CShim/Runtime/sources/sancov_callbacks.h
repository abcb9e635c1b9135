// -fsanitize-coverage: the functions that the compiler's code calls.
#ifndef SLV_SANCOV_CALLBACKS_H
#define SLV_SANCOV_CALLBACKS_H

#define SLV_GUARD_CALLBACK "__sanitizer_cov_trace_pc_guard"
// The section that the callbacks of CShim/Cooperate/sancov.c stand in.
#define SLV_SANCOV_CALLBACKS "salvage_sancov"

#endif
