// dlclose: counter pages go with their object; a fork must not copy or map pages that are going.
// dlopen, which hook_dlopen.S is in front of: an interpreter is importing something.
#include <dlfcn.h>

#include "counters.h"
#include "python_guard.h"
#include "python_host.h"
#include "recording.h"

void *slv_note_dlopen(const char *file)
    __attribute__((visibility("hidden"))); // called by hook_dlopen.S

static SLV_HOT uint32_t unloading; // threads inside dlclose

// Context: thread
static int mark(struct dl_phdr_info *info, size_t size, void *state) {
  (void)size;
  int count;
  struct slv_object *o = slv_objects(&count);
  char *present = state;
  for (int i = 0; i < count; i++) {
    if (o[i].mode == SLV_MODE_GONE || info->dlpi_addr != o[i].bias) continue;
    present[i] = 1;
  }
  return 0;
}

// Context: thread
void slv_objects_before_unload(void) {
  slv_flush();
  __atomic_fetch_add(&unloading, 1, __ATOMIC_ACQ_REL);
}

// The first call of the outer walk holds the loader's lock, under which objects are attached too: one
// that is loaded meanwhile is not taken for one that went. Context: thread
static int drop_absent(struct dl_phdr_info *info, size_t size, void *state) {
  char present[1024];
  uint64_t mask;
  int count;
  (void)info;
  (void)size;
  (void)state;
  slv_zero(present, sizeof present);
  dl_iterate_phdr(mark, present);
  if (!slv_counters_try_lock(&mask)) return SLV_WALK_AGAIN;
  struct slv_object *o = slv_objects(&count);
  for (int i = 0; i < count; i++)
    if (o[i].mode != SLV_MODE_GONE && !present[i]) slv_object_drop(&o[i]);
  slv_counters_unlock(&mask);
  return 1;
}

// Context: thread
void slv_objects_after_unload(void) {
  while (dl_iterate_phdr(drop_absent, NULL) == SLV_WALK_AGAIN) slv_sys_sched_yield();
  __atomic_fetch_sub(&unloading, 1, __ATOMIC_ACQ_REL);
}

// Whether another thread is unloading right now. Context: thread
int slv_objects_unloading(void) { return __atomic_load_n(&unloading, __ATOMIC_ACQUIRE) != 0; }

// In a fork child, which has none of its parent's other threads. Context: thread
void slv_objects_unloading_reset(void) {
  if (slv_objects_unloading()) __atomic_store_n(&unloading, 0, __ATOMIC_RELEASE);
}

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

// No libc is without it: until glibc 2.34 it is in a library of its own, which who calls it has loaded.
// Context: thread
void *slv_note_dlopen(const char *file) {
  if (slv_process.active && !slv_process.sandboxed) {
    slv_python_loads(file);
    slv_python_guard_import();
  }
  return (void *)SLV_REAL(dlopen);
}
