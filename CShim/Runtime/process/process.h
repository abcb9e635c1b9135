// This process: where it records, and who it is. Everything here is written by the constructor and in a
// fork child, and may be read at any time.
#ifndef SLV_PROCESS_H
#define SLV_PROCESS_H

#include <salvage_abi.h>

#include "base/attributes.h"
#include "base/bytes.h"
#include "base/system.h"

struct slv_process {
  int active; // a recording was opened and this process has a cell; else every hook passes
  int quiet; // the environment names a recording, be it open or not: compilers' runtimes write nothing
  int sandboxed; // a seccomp filter stands: no system call of our own (hooks/seccomp.c)
  pid_t pid;     // raw; differs from slv_sys_getpid() in a vfork child, which shares this memory
  uint32_t uid;  // effective user id that `home` belongs to
  uint64_t pidns;
  uint32_t context;
  uint32_t page;                // bytes
  uint32_t settings;            // enum slv_setting
  uint64_t save_before;         // as slv_settings.save_before
  struct slv_cell *cell;        // ours; never NULL when active
  uintptr_t stack_top;          // of the main thread's stack
  char root[SLV_PATH_MAX];      // the recording, as in the environment
  char home[SLV_PATH_MAX + 32]; // users/u<uid>
  char library[SLV_PATH_MAX];
};
extern struct slv_process slv_process;

// True in a child of vfork or posix_spawn that shares our memory but is another process: it must not
// write our cell or flush our counters. One system call. Context: any
int slv_is_vfork_child(void);

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
