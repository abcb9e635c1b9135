// The environment of a new image: what the program gave it, with our two variables right.
#ifndef SLV_ENV_H
#define SLV_ENV_H

#include "process/process.h"

extern char **environ;

// Up to this many bytes a caller takes from its own stack, more from slv_env_map(): some threads
// have 16 KiB of stack, and about 600 variables fit.
#define SLV_ENV_STACK 6144u

struct slv_env {
  char *const *from;   // the caller's; NULL is an empty one, as for Linux
  const char *preload; // value of the LD_PRELOAD that ld.so would obey: the last one; NULL none
  uint64_t life;       // of the image that starts
  size_t entries;      // of `from`, without the closing NULL
  size_t bytes;        // that slv_env_build() needs
  int complete;        // carries our library first and this recording: its children will be entered
  int take_out;        // our library shall not be in LD_PRELOAD
  int foreign;         // names another recording and its library: a nested run, left as it is
};

// Looks at an environment that shall carry `life`. Context: any
void slv_env_measure(struct slv_env *env, char *const from[], uint64_t life, int take_out);

// Writes the repaired environment into `room`, 8-byte aligned, of env->bytes; returns it, or the
// caller's own when that needs no repair or `room` is NULL. Variables keep their places; what is
// missing comes last. Context: any
char *const *slv_env_build(const struct slv_env *env, void *room);

// Writes the entries of a preload list that are not copies of our library, and a NUL; returns its place.
// `to` may be in front of `list`, or the same. Context: any
char *slv_env_others(char *to, const char *list);

// Takes our variables out of the environment that this process was given. Context: constructor
void slv_env_hide(char *environment[]);

// A mapping for an environment that is too large for the stack; NULL when there is none. `child` is
// true in a vfork child: its mapping is its parent's too and can't be given back once the child is
// another program, so the thread keeps it for the next one. Context: any
void *slv_env_map(size_t bytes, int child);
void slv_env_unmap(void *room, size_t bytes, int child);

// Room for `env` in the calling function's frame, or a mapping. slv_env_release() gives it back.
#define SLV_ENV_ROOM(env, child)                                                 \
  ((env).foreign                  ? NULL                                         \
   : (env).bytes <= SLV_ENV_STACK ? __builtin_alloca_with_align((env).bytes, 64) \
   : slv_process.sandboxed        ? NULL                                         \
                                  : slv_env_map((env).bytes, child))
#define slv_env_release(env, room, child)                                                  \
  ((room) != NULL && (env).bytes > SLV_ENV_STACK ? slv_env_unmap(room, (env).bytes, child) \
                                                 : (void)0)

// True where a pointer can't be one: the kernel shall say EFAULT, we must not fault on it first.
// Context: any
static inline int slv_wild(const void *pointer) {
  uintptr_t p = (uintptr_t)pointer;
  return p != 0 && (p < 4096 || p >= (uintptr_t)1 << 56);
}

// The same for a list of texts and all that is in it. Context: any
static inline int slv_wild_list(char *const *list) {
  if (slv_wild(list)) return 1;
  for (; list != NULL && *list != NULL; list++) {
    if (slv_wild(*list)) return 1;
  }
  return 0;
}

#endif
