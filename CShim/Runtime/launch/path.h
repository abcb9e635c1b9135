// Search along PATH, as execvp(3) and posix_spawnp(3) do it.
#ifndef SLV_PATH_H
#define SLV_PATH_H

#include "base/system.h"

struct slv_search {
  const char *next; // where the next directory begins; NULL: no more
  const char *file;
  size_t room; // bytes of the longest candidate
};

// Begins a search for `file`, a name without slash. 0, or the errno to fail with. Context: any
int slv_search_begin(struct slv_search *search, const char *file);

// Writes the next candidate; 0 when there is none. Context: any
int slv_search_next(struct slv_search *search, char *candidate);

// Context: any
int slv_has_slash(const char *file);

#endif
