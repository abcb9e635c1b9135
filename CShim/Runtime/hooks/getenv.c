// LLVM's own runtime, linked into each instrumented object, is kept quiet where the program's
// environment has no LLVM_PROFILE_FILE. From a constructor it asks getenv for that name: that question
// tells us that an object has come, and the answer is a name that means nothing; when the runtime
// opens the file of that name, it gets a stream that discards. So it makes no directory, opens no
// file and needs no descriptor, also in a chroot without /dev (LLVM 14 to 22: fopen is what it calls).
#include "hooks/hooks.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "life/life.h"
#include "python/moments.h"

static const char profile[] = "LLVM_PROFILE_FILE";
static char unwanted[] = "salvage-discards-this-profile"; // no slash: the runtime makes directories

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
  if (name[0] == 'P' && slv_starts(name, "PYTHON")) slv_python_reads_environment(caller);
  // A libgcov that is about to write, and goes on with that: of an object that did not tell of itself when it came.
  if (name[0] == 'G' && slv_same(name, "GCOV_PREFIX") &&
      !(slv_process.settings & SLV_SETTING_LEAVE_GCOV))
    slv_objects_attach_caller(caller, SLV_SOURCE_GCOV, SLV_WRITING);
  if (!slv_process.quiet || name[0] != 'L' || !slv_same(name, profile)) return value;
  // Counters that are not in the recording stay its runtime's.
  int kept = slv_objects_attach_caller(caller, SLV_SOURCE_LLVM, SLV_RUNNING);
  return value == NULL && kept ? unwanted : value;
}

// Context: thread
SLV_EXPORT char *getenv(const char *name) {
  return answer(slv_real_getenv(), name, __builtin_return_address(0));
}

// Context: thread
SLV_EXPORT char *secure_getenv(const char *name) {
  return answer(SLV_REAL(secure_getenv), name, __builtin_return_address(0));
}

// The runtime may have put a GCOV_PREFIX before the name. Context: any
static int is_unwanted(const char *name) {
  if (name == unwanted) return 1;
  return slv_process.quiet && name != NULL && slv_same(slv_basename(name), unwanted);
}

// Without a write function glibc's stream reports an error instead of discarding. Context: thread
static ssize_t discard(void *unused, const char *bytes, size_t size) {
  (void)unused;
  (void)bytes;
  return (ssize_t)size;
}

// The runtime skips over padding. Context: thread
static int skip(void *unused, off64_t *offset, int whence) {
  (void)unused;
  (void)whence;
  if (*offset < 0) *offset = 0;
  return 0;
}

#pragma weak fopencookie // musl has it from 1.1.19 on

typedef FILE *open_function(const char *name, const char *mode);

// Context: thread
static FILE *open_or_discard(open_function *real, const char *name, const char *mode) {
  if (!is_unwanted(name) || &fopencookie == NULL) return real(name, mode);
  return fopencookie(NULL, "w", (cookie_io_functions_t){.write = discard, .seek = skip});
}

// Context: thread
SLV_EXPORT FILE *fopen(const char *name, const char *mode) {
  return open_or_discard(SLV_REAL(fopen), name, mode);
}

// Context: thread
SLV_EXPORT FILE *fopen64(const char *name, const char *mode) {
  return open_or_discard(SLV_REAL(fopen64), name, mode);
}
