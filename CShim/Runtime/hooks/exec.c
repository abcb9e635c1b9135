// execve, execv, execveat, fexecve and their syscall() forms.
#include "hooks/hooks.h"

#include "base/libc.h"
#include "hooks/exec.h"
#include "launch/environment.h"

// In a sandbox no system call but the exec itself: the target is not looked at, its program not
// written down, and it starts without our library, whose calls would end it. Context: any
static __attribute__((noinline)) slv_word exec_sandboxed(const struct slv_image *image) {
  struct slv_env env;
  struct slv_launch launch;
  slv_launch_begin_sandboxed(&launch, SLV_KIND_EXEC);
  slv_env_measure(&env, image->envp, slv_launch_life(&launch), 1);
  void *room = SLV_ENV_ROOM(env, 0);
  slv_launch_leave(&launch);
  slv_word result = slv_launch_plain(image, slv_env_build(&env, room));
  slv_launch_stay(&launch);
  slv_launch_failed(&launch, (int)-result);
  return result;
}

// Context: any
slv_word slv_exec_image(const struct slv_image *image) {
  struct slv_launch launch;
  if (!slv_process.active || image->path == NULL || slv_wild(image->path) ||
      slv_wild_list(image->argv) || slv_wild_list(image->envp)) {
    return slv_launch_plain(image, image->envp);
  }
  if (slv_process.sandboxed) return exec_sandboxed(image);
  slv_launch_begin(&launch, SLV_KIND_EXEC);
  slv_word result = slv_launch_exec(&launch, image);
  slv_launch_failed(&launch, (int)-result);
  return result;
}

// Context: any
SLV_EXPORT int execve(const char *path, char *const argv[], char *const envp[]) {
  const struct slv_image image = {AT_FDCWD, 0, path, argv, envp};
  return (int)slv_answer(slv_exec_image(&image));
}

// Context: any
SLV_EXPORT int execv(const char *path, char *const argv[]) { return execve(path, argv, environ); }

// Context: any
SLV_EXPORT int execveat(int dir, const char *path, char *const argv[], char *const envp[],
                        int flags) {
  // Zero flags and AT_FDCWD are what execve does, so slv_launch_plain() may use that.
  const struct slv_image image = {dir, flags, path, argv, envp};
  return (int)slv_answer(slv_exec_image(&image));
}

// Without execveat(2), the descriptor's name in /proc; without /proc there is no fexecve. Context: any
static slv_word exec_by_name(int fd, char *const argv[], char *const envp[]) {
  struct stat st;
  char name[32] = "/proc/self/fd/";
  *slv_decimal(name + 14, (uint64_t)fd) = 0;
  const struct slv_image image = {AT_FDCWD, 0, name, argv, envp};
  slv_word result = slv_exec_image(&image);
  if (slv_sys_fstatat(AT_FDCWD, "/proc/self/fd", &st, 0) == -ENOENT) return -ENOSYS;
  return result;
}

// Context: any
SLV_EXPORT int fexecve(int fd, char *const argv[], char *const envp[]) {
  if ((fd < 0 || argv == NULL || envp == NULL) && !slv_libc_is_musl())
    return (int)slv_answer(-EINVAL);
  const struct slv_image image = {fd, AT_EMPTY_PATH, "", argv, envp};
  slv_word result = slv_exec_image(&image);
  if (result == -ENOSYS) result = exec_by_name(fd, argv, envp);
  return (int)slv_answer(result);
}

// Context: any
long slv_syscall_execve(const char *path, char *const argv[], char *const envp[]) {
  return execve(path, argv, envp);
}

// Context: any
long slv_syscall_execveat(int dir, const char *path, char *const argv[], char *const envp[],
                          int flags) {
  return execveat(dir, path, argv, envp, flags);
}
