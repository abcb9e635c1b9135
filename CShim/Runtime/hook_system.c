// system and popen: libc starts the shell with `environ` as it is, by none of our names. Where the
// program has scrubbed it, our two variables are in it for the time of the call.
#include "hooks.h"

#include <stdio.h>
#include <stdlib.h>

#include "env.h"

struct loan {
  char **programs; // environ before
  char **ours;     // NULL: nothing lent
  size_t bytes;
};

// Only with one thread: another could change or copy environ meanwhile. And in a mapping, not on the
// stack: a handler may jump out of system(), and environ then stays what it is. Context: thread
static void lend(struct loan *loan) {
  struct slv_env env;
  loan->ours = NULL;
  if (!slv_may_call()) return;
  slv_env_measure(&env, environ, slv_process.cell->life, 0);
  if (env.complete || env.foreign || !slv_single_threaded() || slv_is_vfork_child()) return;
  void *room = slv_env_map(env.bytes, 0);
  if (room == NULL) return;
  loan->programs = environ;
  loan->bytes = env.bytes;
  environ = loan->ours = (char **)slv_env_build(&env, room);
}

// Context: thread
static void take_back(const struct loan *loan) {
  if (loan->ours == NULL || environ != loan->ours) return; // a handler has made another one of it
  environ = loan->programs;
  slv_env_unmap(loan->ours, loan->bytes, 0);
}

// Context: thread
SLV_EXPORT int system(const char *command) {
  struct loan loan;
  lend(&loan);
  int result = SLV_REAL(system)(command);
  take_back(&loan);
  return result;
}

// Context: thread
SLV_EXPORT FILE *popen(const char *command, const char *mode) {
  struct loan loan;
  lend(&loan);
  FILE *result = SLV_REAL(popen)(command, mode);
  take_back(&loan);
  return result;
}
