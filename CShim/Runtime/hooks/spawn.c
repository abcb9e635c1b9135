// posix_spawn, posix_spawnp. An announced life, a repaired environment, then libc's own.
#include "hooks/hooks.h"

#include <spawn.h>

#include "launch/environment.h"
#include "launch/launch.h"
#include "launch/path.h"

typedef __typeof__(posix_spawn) spawn_function;

struct spawn {
  spawn_function *real;
  int search; // posix_spawnp
  pid_t *pid;
  const char *file;
  const posix_spawn_file_actions_t *actions;
  const posix_spawnattr_t *attributes;
  char *const *argv;
  char *const *envp;
};

// Looks at `path` and announces it. 0 when the spawn will not find it. Context: any
static int announce(const struct spawn *spawn, const char *path, struct slv_launch *launch,
                    struct slv_target *target) {
  const struct slv_image image = {AT_FDCWD, 0, path, spawn->argv, spawn->envp};
  slv_target_look(target, AT_FDCWD, path, 0);
  if (target->plausible) slv_launch_announce(launch, &image, target);
  return target->plausible;
}

// What can't be told, for file actions may change the directory first: an ordinary program.
// Context: any
static int announce_unseen(const struct spawn *spawn, struct slv_launch *launch,
                           struct slv_target *target) {
  const struct slv_image image = {AT_FDCWD, 0, spawn->file, spawn->argv, spawn->envp};
  slv_zero(target, sizeof *target);
  slv_launch_announce(launch, &image, target);
  return 1;
}

// posix_spawnp takes the first regular file with an execute bit. Context: any
static __attribute__((noinline)) int announce_along_path(const struct spawn *spawn,
                                                         struct slv_launch *launch,
                                                         struct slv_target *target) {
  struct slv_search search;
  if (slv_search_begin(&search, spawn->file) != 0) return 0;
  char *candidate = __builtin_alloca(search.room);
  while (slv_search_next(&search, candidate)) {
    if (spawn->actions != NULL && candidate[0] != '/') {
      return announce_unseen(spawn, launch, target);
    }
    if (announce(spawn, candidate, launch, target)) return 1;
  }
  return 0;
}

// Context: any
static __attribute__((noinline)) int spawn_repaired(const struct spawn *spawn, pid_t *pid,
                                                    uint64_t life, int take_out) {
  struct slv_env env;
  slv_env_measure(&env, spawn->envp, life, take_out);
  void *room = SLV_ENV_ROOM(env, 0);
  int result = spawn->real(pid, spawn->file, spawn->actions, spawn->attributes, spawn->argv,
                           (char **)slv_env_build(&env, room));
  slv_env_release(env, room, 0);
  if (result != E2BIG || room == NULL) return result;
  // Our two variables were too much: without them.
  return spawn->real(pid, spawn->file, spawn->actions, spawn->attributes, spawn->argv,
                     (char **)spawn->envp);
}

// As exec in a sandbox, see hooks/exec.c. Context: any
static int spawn_sandboxed(const struct spawn *spawn) {
  struct slv_launch launch;
  pid_t own = 0, *pid = spawn->pid != NULL ? spawn->pid : &own;
  slv_launch_begin_sandboxed(&launch, SLV_KIND_SPAWN);
  int result = spawn_repaired(spawn, pid, slv_launch_life(&launch), 1);
  if (result != 0) slv_launch_failed(&launch, result);
  else if (launch.cell != NULL) launch.cell->outer_pid = *pid;
  return result;
}

// Context: any
static int spawn_plain(const struct spawn *spawn) {
  return spawn->real(spawn->pid, spawn->file, spawn->actions, spawn->attributes,
                     (char **)spawn->argv, (char **)spawn->envp);
}

// Context: any
static int spawn_announced(const struct spawn *spawn) {
  struct slv_launch launch;
  struct slv_target target;
  int announced;
  pid_t own = 0, *pid = spawn->pid != NULL ? spawn->pid : &own;
  slv_launch_begin(&launch, SLV_KIND_SPAWN);
  if (spawn->search && !slv_has_slash(spawn->file)) {
    announced = announce_along_path(spawn, &launch, &target);
  } else if (spawn->actions == NULL || spawn->file[0] == '/') {
    announced = announce(spawn, spawn->file, &launch, &target);
  } else {
    announced = announce_unseen(spawn, &launch, &target);
  }
  if (!announced) return spawn_plain(spawn); // will fail
  int result = spawn_repaired(spawn, pid, slv_launch_life(&launch), target.take_out);
  if (result != 0) slv_launch_failed(&launch, result);
  else if (launch.cell != NULL) launch.cell->outer_pid = *pid;
  return result;
}

// Context: any
static int run(const struct spawn *spawn) {
  if (spawn->real == NULL) return ENOSYS;
  if (!slv_process.active || spawn->file == NULL || slv_wild(spawn->file) ||
      slv_wild_list(spawn->argv) || slv_wild_list(spawn->envp)) {
    return spawn_plain(spawn);
  }
  return slv_process.sandboxed ? spawn_sandboxed(spawn) : spawn_announced(spawn);
}

// Context: thread
SLV_EXPORT int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                           const posix_spawnattr_t *attributes, char *const argv[],
                           char *const envp[]) {
  const struct spawn spawn = {SLV_REAL(posix_spawn), 0, pid, path, actions, attributes, argv, envp};
  return run(&spawn);
}

// Context: thread
SLV_EXPORT int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
                            const posix_spawnattr_t *attributes, char *const argv[],
                            char *const envp[]) {
  const struct spawn spawn = {
      SLV_REAL(posix_spawnp), 1, pid, file, actions, attributes, argv, envp};
  return run(&spawn);
}
