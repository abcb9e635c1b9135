// The slot of an object mapped a second time, where a process is about to lose its way to the file: a user
// change, a sandbox.
#include "counters/counters.h"

// From the first slot of those that are leased together, for the first children of a life note their births
// there. Context: any
static void hold(struct slv_object *o) {
  int file = slv_lease_reopen(o);
  if (file < 0) return;
  uint64_t slot = (o->slot_offset - o->slots_offset) / o->slot_size, n = slot % SLV_FORK_ROWS;
  if (n == slot || o->births == 0) n = 0;
  uint64_t before = n * o->slot_size;
  char *at = slv_sys_mmap(NULL, before + o->slot_size, PROT_READ | PROT_WRITE, MAP_SHARED, file,
                          o->slot_offset - before);
  slv_sys_close(file);
  if (slv_failed(at)) return;
  o->aside_before = (uint32_t)n;
  o->aside = at + before;
}

// Context: any
void slv_leases_hold(void) {
  int count;
  uint64_t mask;
  if (!slv_process.active || slv_process.sandboxed || slv_is_vfork_child()) return;
  slv_objects_lock(&mask);
  struct slv_object *o = slv_objects(&count);
  for (int i = 0; i < count; i++, o++)
    if (o->mode == SLV_MODE_LIVE && o->aside == NULL) hold(o);
  slv_objects_unlock(&mask);
}
