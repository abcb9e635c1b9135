// An image that is about to start, by exec or spawn: what is written down about it.
#ifndef SLV_LAUNCH_H
#define SLV_LAUNCH_H

#include "launch/target.h"

// What execveat(2) takes.
struct slv_image {
  int dir;
  int flags;
  const char *path;
  char *const *argv;
  char *const *envp;
};

struct slv_launch {
  struct slv_cell *cell; // announced; NULL: not yet, or there was none
  enum slv_kind kind;
  int child; // we are a vfork child: the cell and the counters here are our parent's
};

// Begins a launch; `kind` is EXEC or SPAWN. Context: any
void slv_launch_begin(struct slv_launch *launch, enum slv_kind kind);

// The same in a sandbox, announced at once: what starts there is not entered. Context: any
void slv_launch_begin_sandboxed(struct slv_launch *launch, enum slv_kind kind);

// Announces the life, once, and appends what it runs. Context: any
void slv_launch_announce(struct slv_launch *launch, const struct slv_image *image,
                         const struct slv_target *target);

// The life id that the image finds in its environment. Context: any
uint64_t slv_launch_life(const struct slv_launch *launch);

// This life ends here, in an exec; and no, it goes on, for the exec failed. Context: any
void slv_launch_leave(const struct slv_launch *launch);
void slv_launch_stay(const struct slv_launch *launch);

// The image did not start at all. Context: any
void slv_launch_failed(const struct slv_launch *launch, int error);

// Tries to execute `image` with its environment repaired. Returns -errno. Context: any
slv_word slv_launch_exec(struct slv_launch *launch, const struct slv_image *image);

// As it is, nothing noted. Returns -errno. Context: any
slv_word slv_launch_plain(const struct slv_image *image, char *const envp[]);

#endif
