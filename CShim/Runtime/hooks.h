// What the files of hooks have in common.
#ifndef SLV_HOOKS_H
#define SLV_HOOKS_H

// Without the nonnull of libc's headers: a hook tests for NULL what the caller gave it, and the
// compiler must not take that test out. So this header comes first in every file of hooks.
#define _GNU_SOURCE 1
#include <sys/cdefs.h>
#undef __nonnull
#undef __attribute_nonnull__
#define __nonnull(parameters)
#define __attribute_nonnull__(parameters)

#include <errno.h>
#include <unistd.h>

#include "runtime.h"

// What a libc wrapper makes of a raw result. Context: any
static inline slv_word slv_answer(slv_word result) {
  if ((unsigned long)result <= -4096ul) return result;
  errno = (int)-result;
  return -1;
}

// True when this process may write things down that need a system call. Context: any
static inline int slv_may_call(void) { return slv_process.active && !slv_process.sandboxed; }

// True when this thread is the only one. Asks the kernel: libc's own word for it is versioned
// GLIBC_2.32. Context: any
static inline int slv_single_threaded(void) {
  struct stat tasks;
  if (slv_process.sandboxed) return 0;
  return slv_sys_fstatat(AT_FDCWD, "/proc/self/task", &tasks, 0) == 0 && tasks.st_nlink == 3;
}

#endif
