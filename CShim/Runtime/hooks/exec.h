// The exec family's common part.
#ifndef SLV_HOOK_EXEC_H
#define SLV_HOOK_EXEC_H

#include "launch/launch.h"

// glibc has it since 2.34; the program may be linked to ours before that.
int execveat(int dir, const char *path, char *const argv[], char *const envp[], int flags);

// exec of one file; -errno. Context: any
slv_word slv_exec_image(const struct slv_image *image);

// execvpe(3): with the search along PATH and the shell for files that are no programs. -errno.
// Context: any
slv_word slv_exec_search(const char *file, char *const argv[], char *const envp[]);

// What the stub of syscall(2) calls for these numbers; returns as it does. Context: any
long slv_syscall_execve(const char *path, char *const argv[], char *const envp[]);
long slv_syscall_execveat(int dir, const char *path, char *const argv[], char *const envp[],
                          int flags);

#endif
