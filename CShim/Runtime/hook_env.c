// getenv: LLVM's own runtime asks it for LLVM_PROFILE_FILE from a constructor of each instrumented
// object. The answer "/dev/null" keeps that runtime from writing default.profraw where the program's
// environment has no such variable; and the question tells us that an object has come.
#include <stdlib.h>
#include <unistd.h>

#include "objects.h"

static const char profile[] = "LLVM_PROFILE_FILE";

// Context: any
static char *plain(const char *name) {
  size_t length = slv_length(name);
  for (char **e = environ; e != NULL && *e != NULL; e++)
    if (slv_starts(*e, name) && (*e)[length] == '=') return *e + length + 1;
  return NULL;
}

// Context: thread
static char *answer(char *(*real)(const char *), const char *name, const void *caller) {
  char *value = real != NULL ? real(name) : plain(name);
  if (!slv_process.active || name[0] != 'L' || !slv_same(name, profile)) return value;
  slv_objects_attach_caller(caller);
  static char nowhere[] = "/dev/null";
  return value == NULL ? nowhere : value;
}

// Context: thread
SLV_EXPORT char *getenv(const char *name) {
  return answer(SLV_REAL(getenv), name, __builtin_return_address(0));
}

// Context: thread
SLV_EXPORT char *secure_getenv(const char *name) {
  return answer(SLV_REAL(secure_getenv), name, __builtin_return_address(0));
}
