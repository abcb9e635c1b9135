// execvp, execvpe: the search along PATH, and with glibc /bin/sh for files that are neither ELF nor `#!`.
#include "hooks/hooks.h"

#include "base/libc.h"
#include "hooks/exec.h"
#include "launch/environment.h"
#include "launch/path.h"

// One candidate, as part of one launch. Context: any
static slv_word attempt(struct slv_launch *launch, const char *path, char *const argv[],
                        char *const envp[]) {
  const struct slv_image image = {AT_FDCWD, 0, path, argv, envp};
  if (launch == NULL || slv_wild_list(argv) || slv_wild_list(envp)) return slv_exec_image(&image);
  return slv_launch_exec(launch, &image);
}

// The shell on a text file. Context: any
static __attribute__((noinline)) slv_word attempt_by_shell(struct slv_launch *launch,
                                                           const char *path, char *const argv[],
                                                           char *const envp[]) {
  size_t n = 0;
  while (argv != NULL && argv[n] != NULL) n++;
  char **shell = __builtin_alloca((n + 3) * sizeof(char *));
  shell[0] = (char *)"/bin/sh";
  shell[1] = (char *)path;
  shell[2] = NULL;
  for (size_t i = 1; i <= n; i++) shell[i + 1] = argv[i];
  return attempt(launch, shell[0], shell, envp);
}

// Context: any
static slv_word attempt_either(struct slv_launch *launch, const char *path, char *const argv[],
                               char *const envp[]) {
  slv_word result = attempt(launch, path, argv, envp);
  if (result == -ENOEXEC && !slv_libc_is_musl())
    result = attempt_by_shell(launch, path, argv, envp);
  return result;
}

// True for what lets the search go on: not there, not for us, or, to glibc, a file system's odd way to say
// so. Context: any
static int try_next(slv_word result) {
  if (result == -EACCES || result == -ENOENT || result == -ENOTDIR) return 1;
  return (result == -ESTALE || result == -ENODEV || result == -ETIMEDOUT) && !slv_libc_is_musl();
}

// Context: any
static __attribute__((noinline)) slv_word search(struct slv_launch *launch,
                                                 struct slv_search *search, char *const argv[],
                                                 char *const envp[]) {
  char *candidate = __builtin_alloca(search->room);
  slv_word result = -ENOENT;
  int denied = 0;
  while (slv_search_next(search, candidate)) {
    result = attempt_either(launch, candidate, argv, envp);
    if (!try_next(result)) return result;
    if (result == -EACCES) denied = 1;
  }
  return denied ? -EACCES : result;
}

// Context: any
slv_word slv_exec_search(const char *file, char *const argv[], char *const envp[]) {
  struct slv_launch begun, *launch = NULL;
  struct slv_search along;
  int slash = slv_has_slash(file);
  int error = slash ? 0 : slv_search_begin(&along, file);
  if (error != 0) return -error;
  if (slv_may_call()) slv_launch_begin(launch = &begun, SLV_KIND_EXEC);
  slv_word result =
      slash ? attempt_either(launch, file, argv, envp) : search(launch, &along, argv, envp);
  if (launch != NULL) slv_launch_failed(launch, (int)-result);
  return result;
}

// Context: any
SLV_EXPORT int execvp(const char *file, char *const argv[]) {
  return (int)slv_answer(slv_exec_search(file, argv, environ));
}

// Context: any
SLV_EXPORT int execvpe(const char *file, char *const argv[], char *const envp[]) {
  return (int)slv_answer(slv_exec_search(file, argv, envp));
}
