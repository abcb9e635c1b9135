// syscall(): compares, and leaves at once to whoever comes next for a number that is not ours, with
// registers, stack and return address as they came: a child with a stack of its own, or one that
// shares ours (vfork), never passes through C. slv_syscall_numbers is empty in a process that records
// nothing.
#include "base/processor.h"

#include SLV_PROCESSOR_FILE(hooks, syscall.inc)

#include "base/marks.inc"
