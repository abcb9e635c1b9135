// Environment repair: `env -i`, scrubbers and explicit envp arrays must not lose a process.
#include "launch/environment.h"

#define PRELOAD SLV_ENV_PRELOAD "="
#define RECORDING SLV_ENV_RECORDING "="
#define LIFE ";life="
#define CONTEXT ";ctx="

// Context: any
static int separates(char c) { return c == ':' || c == ' '; }

// One entry of a preload list: the bytes up to the next separator. Context: any
static size_t token(const char *list) {
  size_t n = 0;
  while (list[n] != 0 && !separates(list[n])) n++;
  return n;
}

// True for our library or another copy of it: two copies in one process would both record. Context: any
static int is_copy(const char *entry, size_t length) {
  const size_t own = sizeof SLV_LIBRARY_NAME - 1;
  if (length == slv_length(slv_process.library) && slv_equal(entry, slv_process.library, length)) {
    return 1;
  }
  if (length < own || !slv_equal(entry + length - own, SLV_LIBRARY_NAME, own)) return 0;
  return length == own || entry[length - own - 1] == '/';
}

// Context: any
static int is_ours(const char *entry, size_t length) {
  return length == slv_length(slv_process.library) && slv_equal(entry, slv_process.library, length);
}

// True when the list begins with our library and names it, or a copy, no second time. Context: any
static int is_right(const char *list) {
  size_t n = token(list);
  if (!is_ours(list, n)) return 0;
  for (list += n; *list != 0; list += n) {
    if (separates(*list)) list++;
    n = token(list);
    if (is_copy(list, n)) return 0;
  }
  return 1;
}

// True when the list names a copy of the library that is not ours. Context: any
static int has_other_copy(const char *list) {
  for (size_t n; *list != 0; list += n) {
    if (separates(*list)) list++;
    n = token(list);
    if (is_copy(list, n) && !is_ours(list, n)) return 1;
  }
  return 0;
}

// True when SALVAGE_RECORDING's value belongs to this recording. Context: any
static int same_root(const char *value) {
  size_t n = slv_length(slv_process.root);
  return slv_starts(value, slv_process.root) && slv_starts(value + n, LIFE);
}

// Context: any
void slv_env_measure(struct slv_env *env, char *const from[], uint64_t life, int take_out) {
  const char *elsewhere = NULL;
  int recorded = 0;
  env->from = from;
  env->preload = NULL;
  env->life = life;
  env->entries = 0;
  env->take_out = take_out;
  for (; from != NULL && from[env->entries] != NULL; env->entries++) {
    const char *entry = from[env->entries];
    if (entry[0] == 'L' && slv_starts(entry, PRELOAD)) env->preload = entry + sizeof PRELOAD - 1;
    if (entry[0] == 'S' && slv_starts(entry, RECORDING)) {
      entry += sizeof RECORDING - 1;
      recorded = same_root(entry);
      elsewhere = recorded ? NULL : entry;
    }
  }
  env->foreign = elsewhere != NULL && env->preload != NULL && has_other_copy(env->preload);
  env->complete = recorded && env->preload != NULL && is_right(env->preload);
  env->bytes = (env->entries + 3) * sizeof(char *) + sizeof RECORDING + sizeof LIFE + 16 +
               sizeof CONTEXT + 8 + slv_length(slv_process.root) + sizeof PRELOAD +
               slv_length(slv_process.library) + 2;
  if (env->preload != NULL) env->bytes += slv_length(env->preload);
}

// Appends the entries of `list` that do not repeat ours; returns the end. Context: any
static char *append_others(char *to, const char *list, int first) {
  for (size_t n; *list != 0; list += n) {
    if (separates(*list)) {
      n = 1;
      continue;
    }
    n = token(list);
    if (is_copy(list, n)) continue;
    if (!first) *to++ = ':';
    first = 0;
    slv_copy(to, list, n);
    to += n;
  }
  *to = 0;
  return to;
}

// Context: any
char *slv_env_others(char *to, const char *list) { return append_others(to, list, 1); }

// The whole `LD_PRELOAD=` entry at `*text`, or NULL when it shall not be there. Context: any
static char *write_preload(const struct slv_env *env, char **text) {
  char *entry = *text, *to = entry;
  slv_copy(to, PRELOAD, sizeof PRELOAD - 1);
  to += sizeof PRELOAD - 1;
  char *value = to;
  if (!env->take_out) {
    size_t n = slv_length(slv_process.library);
    slv_copy(to, slv_process.library, n);
    to += n;
  }
  *to = 0;
  if (env->preload != NULL) to = append_others(to, env->preload, to == value);
  if (to == value) return NULL;
  *text = to + 1;
  return entry;
}

// The whole `SALVAGE_RECORDING=` entry at `*text`. Context: any
static char *write_recording(const struct slv_env *env, char **text) {
  char *entry = *text, *to = entry;
  size_t n = slv_length(slv_process.root);
  slv_copy(to, RECORDING, sizeof RECORDING - 1);
  to += sizeof RECORDING - 1;
  slv_copy(to, slv_process.root, n);
  to += n;
  slv_copy(to, LIFE, sizeof LIFE - 1);
  to = slv_hex(to + sizeof LIFE - 1, env->life, 16);
  slv_copy(to, CONTEXT, sizeof CONTEXT - 1);
  to = slv_hex(to + sizeof CONTEXT - 1, slv_process.context, 8);
  *to++ = 0;
  *text = to;
  return entry;
}

// Context: any
char *const *slv_env_build(const struct slv_env *env, void *room) {
  if (room == NULL || env->foreign) return env->from;
  char **array = room, **to = array;
  char *text = (char *)(array + env->entries + 3);
  char *recording = write_recording(env, &text);
  int keep = !env->take_out && env->preload != NULL && is_right(env->preload);
  char *preload = keep ? (char *)env->preload - (sizeof PRELOAD - 1) : write_preload(env, &text);
  int has_recording = 0, has_preload = preload == NULL;
  for (size_t i = 0; i < env->entries; i++) {
    char *entry = env->from[i];
    if (entry[0] == 'L' && slv_starts(entry, PRELOAD)) {
      if (preload != NULL) *to++ = preload;
      has_preload = 1;
    } else if (entry[0] == 'S' && slv_starts(entry, RECORDING)) {
      *to++ = recording;
      has_recording = 1;
    } else {
      *to++ = entry;
    }
  }
  if (!has_preload) *to++ = preload;
  if (!has_recording) *to++ = recording;
  *to = NULL;
  return array;
}

// A vfork child runs on its parent's thread, with that thread's variables: when the thread comes here
// again, the child that used this mapping has long become another program.
static __thread void *kept;
static __thread size_t kept_bytes;

// Context: any
void *slv_env_map(size_t bytes, int child) {
  if (child && kept != NULL && kept_bytes >= bytes) return kept;
  void *room =
      slv_sys_mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (slv_failed(room)) return NULL;
  if (!child) return room;
  if (kept != NULL) slv_sys_munmap(kept, kept_bytes);
  kept = room;
  kept_bytes = bytes;
  return room;
}

// Context: any
void slv_env_unmap(void *room, size_t bytes, int child) {
  if (!child) slv_sys_munmap(room, bytes);
}
