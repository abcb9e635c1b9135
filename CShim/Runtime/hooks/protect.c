// mprotect and pkey_mprotect of pages that hold counters and program data: a program may make its own data
// executable, or read-only. What a fork child maps anew would not have that protection, and pages of a file
// on a noexec mount can't be executed. So the object's pages become private before: from there on they are as
// they would be without us, and flushes save what they count.
#include "hooks/hooks.h"

#include <sys/mman.h>

#include "counters/counters.h"
#include "hooks/protect.h"
#include "ledger/ledger.h"

// Whether the range holds a page that is shared with a slot. Context: any
static int is_shared(const struct slv_object *o, uintptr_t low, uintptr_t high) {
  if (o->mode != SLV_MODE_LIVE || high <= o->low || low >= o->high) return 0;
  for (uint32_t i = 0; i < o->places.runs; i++)
    if (low < o->bias + o->places.run[i].high && high > o->bias + o->places.run[i].low) return 1;
  return 0;
}

// Context: any
static struct slv_object *shared_in(uintptr_t low, uintptr_t high) {
  int count;
  struct slv_object *o = slv_objects(&count);
  for (int i = 0; i < count; i++, o++)
    if (is_shared(o, low, high)) return o;
  return NULL;
}

// 1 when pages became private. Context: thread
static int before(const void *address, size_t bytes, int protection) {
  uintptr_t low = (uintptr_t)address, high = low + bytes;
  uint64_t mask;
  int done = 0;
  if (!slv_may_call() || protection == (PROT_READ | PROT_WRITE) || high <= low) return 0;
  // Pages that can't be read could not be saved either: they stay shared, and what they counted is kept.
  if (!(protection & PROT_READ)) return 0;
  if (shared_in(low, high) == NULL || slv_is_vfork_child()) return 0;
  slv_objects_lock(&mask);
  for (struct slv_object *o; (o = shared_in(low, high)) != NULL; done = 1)
    if (!slv_counters_unshare(o)) slv_note_loss(-ENOMEM);
  if (done) slv_counters_mode_changed();
  slv_objects_unlock(&mask);
  return done;
}

// Where the recording's file system is mounted noexec its pages, private too, can't be executed: copies can.
// Context: thread
static int may_retry(const void *address, size_t bytes, int protection) {
  uintptr_t low = (uintptr_t)address, high = low + bytes;
  uint64_t mask;
  int count, done = 0;
  if (!(protection & PROT_EXEC) || !slv_may_call() || slv_is_vfork_child()) return 0;
  slv_objects_lock(&mask);
  struct slv_object *o = slv_objects(&count);
  for (int i = 0; i < count; i++, o++)
    if (o->mode == SLV_MODE_MIXED && high > o->low && low < o->high)
      done |= slv_counters_copy_private(o);
  slv_objects_unlock(&mask);
  return done;
}

// Context: thread
SLV_EXPORT int mprotect(void *address, size_t bytes, int protection) {
  before(address, bytes, protection);
  int result = SLV_REAL(mprotect)(address, bytes, protection);
  if (result != 0 && errno == EACCES && may_retry(address, bytes, protection))
    result = SLV_REAL(mprotect)(address, bytes, protection);
  return result;
}

// Context: thread
SLV_EXPORT int pkey_mprotect(void *address, size_t bytes, int protection, int key) {
  if (key != -1) before(address, bytes, PROT_NONE);
  else before(address, bytes, protection);
  __typeof__(pkey_mprotect) *real = SLV_REAL(pkey_mprotect);
  if (real == NULL) { // glibc before 2.27
    errno = ENOSYS;
    return -1;
  }
  return real(address, bytes, protection, key);
}

// Context: thread
long slv_syscall_protect(long number, long address, long bytes, long protection, long key) {
  before((void *)address, (size_t)bytes, number == SYS_mprotect ? (int)protection : PROT_NONE);
  return slv_answer(SLV_SYS4(number, address, bytes, protection, key));
}
