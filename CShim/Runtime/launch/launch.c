// An image that is about to start. Everything here also runs in a vfork child, which shares this
// memory with its parent: locals, cells and the thread's own variables only.
#define _GNU_SOURCE 1
#include "launch/launch.h"

#include <errno.h>

#include "base/answer.h"
#include "counters/counters.h"
#include "launch/environment.h"
#include "ledger/kill_notice.h"
#include "ledger/ledger.h"
#include "life/life.h"
#include "process/debug.h"
#include "signals/signals.h"

// Context: any
void slv_launch_begin(struct slv_launch *launch, enum slv_kind kind) {
  launch->cell = NULL;
  launch->kind = kind;
  launch->child = kind == SLV_KIND_EXEC && slv_is_vfork_child();
  if (launch->child) launch->kind = SLV_KIND_VFORK;
}

// Context: any
void slv_launch_begin_sandboxed(struct slv_launch *launch, enum slv_kind kind) {
  launch->kind = kind;
  launch->child = 0; // not to be known here
  launch->cell = slv_cell_announce(kind);
  if (launch->cell == NULL) return;
  launch->cell->outer_pid = kind == SLV_KIND_EXEC ? slv_process.pid : 0;
  launch->cell->loss = SLV_LOSS_SANDBOX;
  launch->cell->flags = SLV_FLAG_NO_PRELOAD | SLV_FLAG_SANDBOXED;
}

// The text of a link of /proc, which names a file of this process. 0 when it can't be read. Context: any
static slv_word link_text(const char *link, char *text, size_t room) {
  slv_word n = slv_sys_readlinkat(AT_FDCWD, link, text, room - 1);
  if (n <= 0) return 0;
  text[n] = 0;
  return n;
}

// Where the file is: a descriptor's own name before its path, /proc/self/exe as what it is. Context: any
static const char *place(const struct slv_image *image, char *text, size_t room) {
  char link[32] = "/proc/self/fd/";
  if (image->dir == AT_FDCWD || image->path[0] == '/') {
    int linked = slv_starts(image->path, "/proc/") && link_text(image->path, text, room) > 0;
    return linked ? text : image->path;
  }
  *slv_decimal(link + 14, (uint64_t)image->dir) = 0;
  slv_word n = link_text(link, text, room);
  if (n == 0) return image->path;
  if (image->path[0] == 0) return text;
  char *end = slv_text(text + n, text + room, "/");
  slv_text(end, text + room, image->path);
  return text;
}

// Context: any
void slv_launch_announce(struct slv_launch *launch, const struct slv_image *image,
                         const struct slv_target *target) {
  char text[1024];
  if (launch->cell == NULL) launch->cell = slv_cell_announce(launch->kind);
  if (launch->cell == NULL) return;
  if (launch->kind != SLV_KIND_SPAWN) launch->cell->outer_pid = slv_sys_getpid();
  launch->cell->core_filter = slv_core_filter_original();
  launch->cell->loss = (uint16_t)target->loss;
  launch->cell->flags = (target->take_out ? SLV_FLAG_NO_PRELOAD : 0u) |
                        (target->counterless ? SLV_FLAG_COUNTERLESS : 0u);
  const char *path = place(image, text, sizeof text);
  slv_program_note(launch->cell->life, path, image->argv);
  slv_debug("starts", target->loss, path);
}

// Context: any
uint64_t slv_launch_life(const struct slv_launch *launch) {
  return launch->cell != NULL ? launch->cell->life : slv_process.cell->life;
}

// Context: any
void slv_launch_leave(const struct slv_launch *launch) {
  if (launch->child) return;
  slv_save();
  slv_end(SLV_CELL_ENDED, SLV_CAUSE_EXEC, 0);
  slv_core_filter_restore();
  slv_notice_close();
  slv_signals_before_exec();
}

// Context: any
void slv_launch_stay(const struct slv_launch *launch) {
  if (launch->child) return;
  slv_signals_listen();
  slv_core_filter_again();
  slv_end_undo();
  slv_notice_open();
}

// Context: any
void slv_launch_failed(const struct slv_launch *launch, int error) {
  if (launch->cell != NULL) slv_cell_cancel(launch->cell, error);
}

// Context: any
slv_word slv_launch_plain(const struct slv_image *image, char *const envp[]) {
  if (image->dir == AT_FDCWD && image->flags == 0) {
    return SLV_SYS3(SYS_execve, image->path, image->argv, envp);
  }
  return SLV_SYS5(SYS_execveat, image->dir, image->path, image->argv, envp, image->flags);
}

// A function of its own: its room on the stack is free again for the next candidate. Context: any
static __attribute__((noinline)) slv_word
exec_repaired(const struct slv_launch *launch, const struct slv_image *image, int take_out) {
  struct slv_env env;
  slv_env_measure(&env, image->envp, slv_launch_life(launch), take_out);
  void *room = SLV_ENV_ROOM(env, launch->child);
  slv_word result = slv_launch_plain(image, slv_env_build(&env, room));
  slv_env_release(env, room, launch->child);
  if (result != -E2BIG || room == NULL) return result;
  return slv_launch_plain(image, image->envp); // our two variables were too much: without them
}

// Context: any
slv_word slv_launch_exec(struct slv_launch *launch, const struct slv_image *image) {
  struct slv_target target;
  slv_target_look(&target, image->dir, image->path, image->flags);
  if (target.missing != 0) return -target.missing;
  if (!target.plausible) return slv_launch_plain(image, image->envp);
  slv_launch_announce(launch, image, &target);
  slv_launch_leave(launch);
  slv_word result = exec_repaired(launch, image, target.take_out);
  slv_launch_stay(launch);
  return result;
}
