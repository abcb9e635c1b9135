// --hide-environment: our two variables are taken out of what the program was given, before its first
// line runs and before libc looks. The hooks have their own copy and give it to whoever is started.
#include <elf.h>

#include "launch/environment.h"

// The kernel lays the texts of an environment out one behind the other, in the order of the array.
// Context: constructor
static int is_contiguous(char *const environment[]) {
  for (; environment[0] != NULL && environment[1] != NULL; environment++)
    if (environment[1] != environment[0] + slv_length(environment[0]) + 1) return 0;
  return 1;
}

// The text of a variable without what is ours in it, at `to` or where it stands; NULL: nothing is left.
// `to` is not behind `entry`. Context: constructor
static char *without_ours(char *entry, char *to, int moves) {
  const size_t name = sizeof SLV_ENV_PRELOAD;
  if (slv_starts(entry, SLV_ENV_RECORDING "=")) return NULL;
  char *at = moves ? to : entry;
  size_t length = slv_length(entry);
  if (!slv_starts(entry, SLV_ENV_PRELOAD "=")) {
    for (size_t i = 0; moves && i <= length; i++) at[i] = entry[i]; // forwards: they may overlap
    return at;
  }
  for (size_t i = 0; i < name; i++) at[i] = entry[i];
  char *end = slv_env_others(at + name, entry + name);
  if (end == at + name) return NULL;
  while (end < entry + length) *++end = 0;
  return at;
}

// Shortens the array in its place. The auxiliary vector stands behind it, where some programs look for
// it: two words that became free are an entry that says of itself that it is to be passed over.
// Context: constructor
void slv_env_hide(char *environment[]) {
  int moves = is_contiguous(environment);
  char **kept = environment, *to = environment[0], *end = to;
  size_t count = 0;
  for (; environment[count] != NULL; count++) {
    char *entry = environment[count];
    end = entry + slv_length(entry) + 1;
    char *text = without_ours(entry, to, moves);
    if (text == NULL && !moves) slv_zero(entry, (size_t)(end - entry));
    if (text == NULL) continue;
    if (moves) to = text + slv_length(text) + 1;
    *kept++ = text;
  }
  if (moves && to != NULL) slv_zero(to, (size_t)(end - to)); // the end of /proc/self/environ
  size_t gone = count - (size_t)(kept - environment);
  for (size_t i = 0; i < gone; i++) kept[i] = NULL;
  if (gone == 2) kept[1] = (char *)AT_IGNORE; // and then the value, and what was the closing NULL
}
