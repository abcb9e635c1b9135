// Slots for children to come. A child must have a slot of its own before anything else runs in it, and
// to open, lock, check and map one costs it a fifth of a fork (measured: 20 of 125 us). So a life that
// has forked twice leases a few slots at once, with one lock of one open file, and keeps them mapped;
// its next children each find theirs in what they inherit, and need one system call. A slot is used by
// one child, ever; the lock goes when the parent has moved on and its children are dead.
#include "counters/counters.h"

#define MOST SLV_FORK_ROWS    // slots at a time
#define MOST_BYTES (8u << 20) // of them
#define FIRST_RESERVED 32u    // the first slots are for those that lease one by one,
#define BEHIND_RESERVED 480u  // and half of the file
#define TRIES 16u

// Of this life, guarded by the lock of all objects.
static SLV_HOT_FORK uint32_t forks;
static SLV_HOT_FORK uint32_t
    generation; // how many forks lie between the image's first life and this one

// Which of the reserved slots is that of the fork under way; `slots` or more: none. Context: any
static uint32_t next_slot(const struct slv_reserve *r) {
  int usable = r->generation == generation && r->uid == slv_process.uid;
  return usable ? forks - r->first : r->slots;
}

// What the parent's parent reserved is not ours. Where the child will begin is noted for it, for all
// children of a range in one page, that of its first slot: it would be a fault more in each child. A
// fork that then fails has noted a life that never was, which counts what came before it once more.
// Context: any
void slv_reserve_prepare(struct slv_object *o) {
  const struct slv_reserve *r = &o->reserve;
  if (r->image == NULL) return;
  uint32_t n = next_slot(r);
  if (r->generation != generation || r->uid != slv_process.uid) slv_reserve_drop(o);
  else if (n < r->slots) slv_fork_born(o, r->image + o->births + n * SLV_FORK_ROW);
}

// A second view of the reserved slot takes the place of the parent's, run by run: moving it would split
// the mapping. Context: any
int slv_reserve_take(struct slv_object *o) {
  const struct slv_reserve *r = &o->reserve;
  uint32_t n = next_slot(r);
  if (r->image == NULL || n >= r->slots) return -ENOENT;
  char *from = r->image + (size_t)n * o->slot_size;
  for (uint32_t i = 0; i < o->places.runs; i++) {
    const struct slv_run *run = &o->places.run[i];
    uint64_t bytes = run->high - run->low;
    char *to = (char *)(o->bias + run->low);
    void *got = slv_sys_mremap(from, 0, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to);
    if (slv_failed(got)) { // what stood there may be gone
      slv_sys_mmap(to, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                   0);
      return (int)(intptr_t)got;
    }
    from += bytes;
  }
  o->file_number = r->number;
  o->slot_offset = r->offset + (uint64_t)n * o->slot_size;
  o->uid = r->uid;
  o->file = r->file;
  slv_aside_drop(o);
  return 0;
}

// One more life for each slot of a range that we hold; those that were never used, or emptied, are made
// fit to be mapped. Context: any
static int make_ready(const struct slv_object *o, struct slv_lease *lease, unsigned first,
                      unsigned slots) {
  uint32_t words[MOST];
  slv_slot_choose(o, lease, first + slots - 1); // the last: a file that reaches it reaches all
  int error = slv_slot_ready(o, lease);
  slv_slot_choose(o, lease, first);
  uint64_t at = lease->attach_at;
  if (error == 0 && slv_sys_pread(lease->file, words, 4 * slots, at) != 4 * (slv_word)slots)
    error = -EIO;
  for (unsigned i = 0; i < slots && error == 0; i++) {
    uint32_t word = words[i];
    words[i] = (word & SLV_ATTACH_COUNT) < SLV_ATTACH_COUNT ? (word & SLV_ATTACH_COUNT) + 1
                                                            : SLV_ATTACH_COUNT;
    if ((word != 0 && !(word & SLV_ATTACH_EMPTY)) || i == slots - 1) continue;
    slv_slot_choose(o, lease, first + i);
    error = slv_slot_ready(o, lease);
  }
  slv_slot_choose(o, lease, first);
  if (error == 0 && slv_sys_pwrite(lease->file, words, 4 * slots, at) != 4 * (slv_word)slots)
    error = -EIO;
  return error;
}

// Locks `slots` free slots of the file's middle and makes them ready. Nobody else locks a part of such
// a range while we hold it, and a slot with nothing in it adds nothing to any sum. Context: any
static int lease_range(const struct slv_object *o, struct slv_lease *lease, unsigned slots) {
  unsigned first = FIRST_RESERVED;
  for (unsigned tries = 0; tries < TRIES; tries++, first += MOST) {
    if (first + MOST > BEHIND_RESERVED) break;
    int error = slv_slot_lock(o, lease, first, slots);
    if (error == -EAGAIN) continue;
    return error == 0 ? make_ready(o, lease, first, slots) : error;
  }
  return -EAGAIN;
}

// A slot that is not free is no loss: the child leases for itself, and says what it misses. Asked again
// after as many forks. Context: any
static void reserve(struct slv_object *o) {
  struct slv_reserve *r = &o->reserve;
  uint32_t slots = forks < MOST ? forks : MOST;
  while (slots > 1 && (uint64_t)slots * o->slot_size > MOST_BYTES) slots--;
  slv_reserve_drop(o); // first: its range is most often the one that is leased again
  *r = (struct slv_reserve){
      .first = forks, .slots = slots, .generation = generation, .uid = slv_process.uid};
  struct slv_lease lease = {.number = 0};
  if (slots < 2 || (lease.file = slv_lease_open(o, 0)) < 0) return;
  if (lease_range(o, &lease, slots) == 0) {
    void *got = slv_sys_mmap(NULL, (size_t)slots * o->slot_size, PROT_READ | PROT_WRITE, MAP_SHARED,
                             lease.file, lease.offset);
    if (!slv_failed(got)) r->image = got;
    r->offset = lease.offset;
    r->file = lease.id;
  }
  slv_sys_close(lease.file);
}

// Context: any
void slv_reserve_parent(void) {
  int count;
  struct slv_object *o = slv_objects(&count);
  if (++forks < 2 || slv_process.sandboxed) return;
  for (int i = 0; i < count; i++, o++)
    if (o->mode == SLV_MODE_LIVE && !o->fresh && next_slot(&o->reserve) >= o->reserve.slots)
      reserve(o);
}

// Context: any
void slv_reserve_child(void) {
  forks = 0;
  generation++;
}
