// system, popen, wordexp: libc starts the shell with `environ` as it is, by none of our names. Where the
// program has scrubbed it, or must not see our two variables, they are in it for the time of the call.
#include "hooks/hooks.h"

#include <stdio.h>
#include <stdlib.h>
#include <wordexp.h>

#include "launch/environment.h"
#include "objects/objects.h"

static struct {
  int users;       // calls under way, under the lock of all objects
  char **programs; // environ before
  char **ours;     // NULL: nothing lent
  size_t bytes;
} loan;

// Only with one thread, unless there is no other way: another could change or copy environ meanwhile. In
// a mapping, not on the stack: a handler may jump out of system(), and environ then stays what it is.
// Context: thread
static void build(void) {
  struct slv_env env;
  slv_env_measure(&env, environ, slv_process.cell->life, 0);
  int hides = (slv_process.settings & SLV_SETTING_HIDE_ENVIRONMENT) != 0;
  if (env.complete || env.foreign || (!hides && !slv_single_threaded())) return;
  void *room = slv_env_map(env.bytes, 0);
  if (room == NULL) return;
  loan.programs = environ;
  loan.bytes = env.bytes;
  environ = loan.ours = (char **)slv_env_build(&env, room);
}

// Context: thread
static int lend(void) {
  if (!slv_may_call() || slv_is_vfork_child()) return 0;
  uint64_t mask;
  slv_objects_lock(&mask);
  if (loan.users++ == 0) build();
  slv_objects_unlock(&mask);
  return 1;
}

// Context: thread
static void take_back(int lent) {
  uint64_t mask;
  if (!lent) return;
  slv_objects_lock(&mask);
  if (--loan.users == 0 && loan.ours != NULL && environ == loan.ours) {
    environ = loan.programs;
    slv_env_unmap(loan.ours, loan.bytes, 0);
  } // else a handler or another thread has made another one of it
  if (loan.users == 0) loan.ours = NULL;
  slv_objects_unlock(&mask);
}

// Context: thread
SLV_EXPORT int system(const char *command) {
  int lent = lend(), result = SLV_REAL(system)(command);
  take_back(lent);
  return result;
}

// Context: thread
SLV_EXPORT FILE *popen(const char *command, const char *mode) {
  int lent = lend();
  FILE *result = SLV_REAL(popen)(command, mode);
  take_back(lent);
  return result;
}

// Context: thread
SLV_EXPORT int wordexp(const char *words, wordexp_t *into, int flags) {
  int lent = lend(), result = SLV_REAL(wordexp)(words, into, flags);
  take_back(lent);
  return result;
}
