// The .gcno file of a unit, which says what its counters mean: gcc wrote it beside the object file, and it
// is copied into the recording, since build trees go. The name that the program has is that of the data.
#include "sources/gcov_notes.h"

#include <unistd.h>

#include "process/recording.h"

#define NOTES_MAGIC 0x67636e6fu
#define NOTES_MAX (64u << 20)

// Where the object file was, of a data file that is elsewhere (-fprofile-dir): there its whole path is its
// name, with # for each slash and ^ for `..`. Context: any
static int unmangled(char *to, const char *end, const char *name) {
  const char *c = slv_basename(name);
  char *start = to;
  for (; *c != 0 && to + 2 < end; c++) {
    int is_component = to == start || to[-1] == '/';
    if (*c == '^' && is_component && c[1] == '#') *to++ = '.', *to++ = '.';
    else *to++ = *c == '#' ? '/' : *c;
  }
  *to = 0;
  return *c == 0 && !slv_same(start, slv_basename(name));
}

// The same, where the object file was named by its whole path: that is appended to the folder as it is.
// Context: any
static int appended(char *to, const char *end, const char *name) {
  for (; name[0] != 0 && !(name[0] == '/' && name[1] == '/'); name++) {}
  return name[0] != 0 && slv_text(to, end, name + 1) < end - 1;
}

// Where libgcov would look for the data of a tree that was moved. Context: thread
static int prefixed(char *to, const char *end, const char *name) {
  char *const *environment = slv_environment != NULL ? slv_environment : environ;
  const char *prefix = slv_environment_value(environment, "GCOV_PREFIX");
  const char *strip = slv_environment_value(environment, "GCOV_PREFIX_STRIP");
  const char *left = name;
  int levels = 0;
  if (name[0] != '/' || (prefix == NULL && strip == NULL)) return 0;
  for (; strip != NULL && *strip >= '0' && *strip <= '9' && levels < 1000; strip++)
    levels = levels * 10 + (*strip - '0');
  for (const char *c = name + 1; *c != 0 && levels > 0; c++)
    if (*c == '/') left = c, levels--;
  to = slv_text(to, end, prefix == NULL || prefix[0] == 0 ? "." : prefix);
  return slv_text(to, end, left) < end - 1;
}

// Opens the notes file if it is of the same compilation; its size. -1: it is not. Context: thread
static int open_notes(char *path, const struct slv_gcov_unit *unit, size_t *size) {
  struct stat st;
  uint32_t head[3];
  slv_copy(path + slv_length(path) - 2, "no", 2); // x.gcda, x.gcno
  int file =
      slv_sys_open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0); // a pipe must not be waited for
  if (file < 0) return -1;
  if (slv_sys_fstat(file, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= NOTES_MAX &&
      slv_sys_pread(file, head, sizeof head, 0) == (slv_word)sizeof head &&
      head[0] == NOTES_MAGIC && head[1] == unit->version && head[2] == unit->stamp) {
    *size = (size_t)st.st_size;
    return file;
  }
  slv_sys_close(file);
  return -1;
}

// Context: thread
void slv_gcov_keep_notes(struct slv_kept *kept, const struct slv_gcov_unit *unit, uint32_t number) {
  static const char zeros[8];
  char path[SLV_PATH_MAX];
  const char *end = path + sizeof path, *name = unit->name; // it was checked to end
  size_t size = 0;
  if (unit->name_length >= sizeof path) return;
  slv_copy(path, name, unit->name_length + 1);
  int file = open_notes(path, unit, &size);
  if (file < 0 && unmangled(path, end, name)) file = open_notes(path, unit, &size);
  if (file < 0 && appended(path, end, name)) file = open_notes(path, unit, &size);
  if (file < 0 && prefixed(path, end, name)) file = open_notes(path, unit, &size);
  if (file < 0) return;
  struct slv_gcov_notes notes = {.info = number, .bytes = size};
  slv_keep_bytes(kept, &notes, sizeof notes);
  slv_keep_file(kept, file, size);
  slv_keep_bytes(kept, zeros, -size & 7);
  slv_sys_close(file);
}
