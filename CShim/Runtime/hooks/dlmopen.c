// dlmopen: what it loads into a namespace of its own is not met, for our library is not there: it brings a
// libc of its own, which calls no hook. A library with counters is a loss, then. hooks/dl.S is in front.
#define _GNU_SOURCE 1
#include "hooks/hooks.h"

#include <dlfcn.h>

#include "launch/program_file.h"

void *slv_note_dlmopen(Lmid_t space, const char *file)
    __attribute__((visibility("hidden"))); // called by hooks/dl.S

// A name without a slash is looked for by the loader, we cannot know where. Context: thread
static int has_counters(const char *path) {
  struct slv_target_file file;
  if (path == NULL || slv_basename(path) == path) return 0;
  file.descriptor = slv_sys_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
  if (file.descriptor < 0) return 0;
  int found = slv_sys_fstat(file.descriptor, &file.st) == 0 && S_ISREG(file.st.st_mode) &&
              slv_target_has_counters(&file);
  slv_sys_close(file.descriptor);
  return found;
}

// Context: thread
void *slv_note_dlmopen(Lmid_t space, const char *file) {
  struct slv_cell *cell = slv_process.cell;
  if (space != LM_ID_BASE && slv_process.active && !slv_process.sandboxed &&
      !slv_is_vfork_child() && cell->loss == SLV_LOSS_NONE && has_counters(file))
    cell->loss = SLV_LOSS_NAMESPACE;
  return (void *)SLV_REAL(dlmopen);
}
