// The file that SALVAGE_DEBUG names. It is opened for each line, so that no descriptor stays open that
// the program could notice, and written by one call, so that lines of several processes do not mix.
#include "process/debug.h"

#include "process/recording.h"

static SLV_HOT int on; // asked at every event: on a page that each process touches anyway
static char path[SLV_PATH_MAX];

// Context: constructor
void slv_debug_start(char *const environment[]) {
  const char *value = slv_environment_value(environment, SLV_ENV_DEBUG);
  if (value == NULL || value[0] != '/' || slv_length(value) >= sizeof path) return;
  slv_text(path, path + sizeof path, value);
  on = 1;
}

// Text of the program, on one line. Context: any
static char *plain(char *to, const char *end, const char *text) {
  char *from = to;
  to = slv_text(to, end, text);
  for (; from < to; from++)
    if ((unsigned char)*from < ' ' || *from == 0x7f) *from = '?';
  return to;
}

// Context: any
void slv_debug(const char *event, int64_t number, const char *subject) {
  char line[512];
  const char *end = line + sizeof line - 1;
  if (!on || slv_process.sandboxed) return;
  // Neither through a link, nor waiting for the reader of a fifo.
  int file =
      slv_sys_open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
  if (file < 0) return;
  char *to = slv_decimal(line, slv_sys_boottime());
  to = slv_decimal(slv_text(to, end, " "), (uint64_t)slv_sys_getpid());
  to = slv_hex(slv_text(to, end, " "), slv_process.cell != NULL ? slv_process.cell->life : 0, 16);
  to = slv_text(slv_text(slv_text(to, end, " "), end, event), end, number < 0 ? " -" : " ");
  to = slv_decimal(to, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
  if (subject != NULL) to = plain(slv_text(to, end, " "), end, subject);
  *to++ = '\n';
  slv_sys_write(file, line, (size_t)(to - line));
  slv_sys_close(file);
}
