// Objects that go with dlclose: what they counted is saved before, and their entries are given up after.
#include <link.h>

#include "counters/counters.h"
#include "life/life.h"

// Objects mostly stand in the loader's order: each is looked for behind the one that was found last.
// Context: thread
static int mark(struct dl_phdr_info *info, size_t size, void *state) {
  (void)size;
  int count, *next = state;
  struct slv_object *o = slv_objects(&count);
  for (int tried = 0, i = *next; tried < count; tried++, i++) {
    if (i >= count) i = 0;
    if (o[i].mode == SLV_MODE_GONE || info->dlpi_addr != o[i].bias) continue;
    o[i].present = 1;
    *next = i + 1;
    break;
  }
  return 0;
}

// Context: thread
void slv_objects_before_unload(void) {
  slv_flush();
  slv_unloading_begin();
}

// The first call of the outer walk holds the loader's lock, under which objects are attached too: one
// that is loaded meanwhile is not taken for one that went. Context: thread
static int drop_absent(struct dl_phdr_info *info, size_t size, void *state) {
  uint64_t mask;
  int count, next = 0;
  (void)info;
  (void)size;
  (void)state;
  struct slv_object *o = slv_objects(&count);
  for (int i = 0; i < count; i++) o[i].present = 0;
  dl_iterate_phdr(mark, &next);
  if (!slv_objects_try_lock(&mask)) return SLV_WALK_AGAIN;
  for (int i = 0; i < count; i++)
    if (o[i].mode != SLV_MODE_GONE && !o[i].present) slv_object_drop(&o[i]);
  slv_objects_unlock(&mask);
  return 1;
}

// Context: thread
void slv_objects_after_unload(void) {
  while (dl_iterate_phdr(drop_absent, NULL) == SLV_WALK_AGAIN) slv_sys_sched_yield();
  slv_unloading_end();
}
