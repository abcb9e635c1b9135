// Search along PATH. Reads `environ` itself: getenv may be the program's, and take a lock.
#include "launch/path.h"

#include <errno.h>
#include <limits.h>

#include "base/bytes.h"
#include "base/libc.h"

// Context: any
static const char *path_variable(void) {
  for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
    if (slv_starts(*entry, "PATH=")) return *entry + 5;
  }
  return slv_libc_is_musl() ? "/usr/local/bin:/bin:/usr/bin" : "/bin:/usr/bin"; // execvp of both
}

// Context: any
static size_t directory_length(const char *list) {
  size_t n = 0;
  while (list[n] != 0 && list[n] != ':') n++;
  return n;
}

// Context: any
int slv_has_slash(const char *file) {
  while (*file != 0 && *file != '/') file++;
  return *file == '/';
}

// Context: any
int slv_search_begin(struct slv_search *search, const char *file) {
  size_t length = slv_length(file), longest = 0;
  if (length == 0) return ENOENT;
  if (length > NAME_MAX) return ENAMETOOLONG;
  search->next = path_variable();
  search->file = file;
  for (const char *p = search->next; *p != 0; p += *p == ':') {
    size_t n = directory_length(p);
    if (n > longest && n < PATH_MAX) longest = n;
    p += n;
  }
  search->room = longest + 1 + length + 1;
  return 0;
}

// An empty directory is the current one: the candidate is the bare name. Context: any
int slv_search_next(struct slv_search *search, char *candidate) {
  while (search->next != NULL) {
    const char *directory = search->next;
    size_t n = directory_length(directory);
    search->next = directory[n] == ':' ? directory + n + 1 : NULL;
    if (n >= PATH_MAX) continue; // longer than any path
    slv_copy(candidate, directory, n);
    if (n != 0) candidate[n++] = '/';
    slv_copy(candidate + n, search->file, slv_length(search->file) + 1);
    return 1;
  }
  return 0;
}
