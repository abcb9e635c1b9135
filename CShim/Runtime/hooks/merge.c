// LLVM's own runtime merges where LLVM_PROFILE_FILE, or the program, names a pool (%m, %4m): it adds what
// the file holds to the counters in memory, and writes them over the file. Those counters are the
// recording's pages: so before it adds, they become private to the process, which makes the recording's
// keep what this life counted; afterwards only what is new is saved. (LLVM 14 to 22: it opens the file,
// calls fdopen for reading and writing, adds, and calls ftruncate before it writes.)
#include "hooks/hooks.h"

#include <stdio.h>

#include "counters/counters.h"

#define RAW_PROFILE 0xff6c70726f667281ull // "\xfflprofr\x81", of 64-bit programs

static SLV_HOT int merging; // objects

// The object that holds this address, if it has counters of LLVM's. Context: thread
static struct slv_object *holder(const void *address) {
  int count;
  struct slv_object *o = slv_objects(&count);
  for (int i = 0; i < count; i++, o++)
    if (o->mode != SLV_MODE_GONE && (o->sources & 1u << SLV_SOURCE_LLVM) &&
        (uintptr_t)address >= o->low && (uintptr_t)address < o->high)
      return o;
  return NULL;
}

// Context: thread
static void begin(int file, const void *caller) {
  uint64_t magic, mask;
  if (holder(caller) == NULL || slv_is_vfork_child() ||
      slv_sys_pread(file, &magic, sizeof magic, 0) != sizeof magic || magic != RAW_PROFILE)
    return;
  slv_objects_lock(&mask);
  struct slv_object *o = holder(caller);
  if (o != NULL && o->mode != SLV_MODE_LOST) {
    if (o->merging == 0) __atomic_fetch_add(&merging, 1, __ATOMIC_RELAXED);
    o->merging = file + 1;
    if (slv_counters_unshare(o)) slv_private_save(o);
    else slv_process.cell->loss = SLV_LOSS_OWN_COUNTERS;
    slv_counters_mode_changed();
  }
  slv_objects_unlock(&mask);
}

// A length of 0 says that nothing was merged. Context: thread
static void end(int file, off64_t length, const void *caller) {
  uint64_t mask;
  if (slv_is_vfork_child()) return;
  slv_objects_lock(&mask);
  struct slv_object *o = holder(caller);
  if (o != NULL && o->merging == file + 1) {
    o->merging = 0;
    __atomic_fetch_sub(&merging, 1, __ATOMIC_RELAXED);
    if (length != 0) slv_private_merged(o);
  }
  slv_objects_unlock(&mask);
}

// Context: thread
SLV_EXPORT FILE *fdopen(int file, const char *mode) {
  if (slv_may_call() && mode != NULL && slv_same(mode, "r+b"))
    begin(file, __builtin_return_address(0));
  return SLV_REAL(fdopen)(file, mode);
}

// Context: thread
SLV_EXPORT int ftruncate(int file, off_t length) {
  int result = SLV_REAL(ftruncate)(file, length);
  if (merging != 0 && slv_may_call()) end(file, length, __builtin_return_address(0));
  return result;
}

// Context: thread
SLV_EXPORT int ftruncate64(int file, off64_t length) {
  int result = SLV_REAL(ftruncate64)(file, length);
  if (merging != 0 && slv_may_call()) end(file, length, __builtin_return_address(0));
  return result;
}
