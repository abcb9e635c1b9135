// dlclose: counter pages go with their object; a fork must not copy or map pages that are going.
// dlopen, which hooks/dl.S is in front of: an interpreter is importing something.
#include "hooks/hooks.h"

#include <dlfcn.h>

#include "base/libc.h"
#include "counters/counters.h"
#include "life/life.h"
#include "python/coveragepy.h"
#include "python/moments.h"

void *slv_note_dlopen(const char *file)
    __attribute__((visibility("hidden"))); // called by hooks/dl.S

// Context: thread
SLV_EXPORT int dlclose(void *handle) {
  __typeof__(dlclose) *real = SLV_REAL(dlclose);
  int count;
  slv_objects(&count);
  if (!slv_process.active || count == 0 || slv_process.sandboxed) return real(handle);
  slv_objects_before_unload();
  int result = real(handle);
  int error = errno;
  slv_objects_after_unload();
  errno = error;
  return result;
}

// Every object calls it, with an address of its own, when the destructors of it have run: the last
// moment at which what they counted is in memory. Context: thread
SLV_EXPORT void __cxa_finalize(void *object);
void __cxa_finalize(void *object) {
  SLV_REAL(__cxa_finalize)(object);
  slv_flush_holding(object);
}

// Context: thread
static __typeof__(dlopen) *real_dlopen(void) { return SLV_REAL(dlopen); }

// Nothing tells of what musl loads: it has no start files that call __gmon_start__, and its dlopen does not
// look at its caller. Constructors have run by then: of --coverage its runtime knows already (sources/gcov_late.c).
// Context: thread
static void *open_and_attach(const char *file, int mode) {
  void *handle = real_dlopen()(file, mode);
  if (handle != NULL && slv_process.active) slv_objects_attach_new();
  return handle;
}

// No libc is without it: until glibc 2.34 it is in a library of its own, which who calls it has loaded.
// Context: thread
void *slv_note_dlopen(const char *file) {
  if (slv_process.active && !slv_process.sandboxed) {
    slv_python_loads(file);
    slv_python_guard_import();
  }
  return slv_libc_is_musl() ? (void *)open_and_attach : (void *)real_dlopen();
}
