// Folding: a fresh slot serves one life; when that is dead, the next life that wants a fresh slot adds
// the slot's counters to the file's accumulator, so that disk use follows simultaneous lives here too.
// Two accumulators and one commit word make it exactly-once at any point of death (salvage_abi.h).
#include "base/file.h"
#include "counters/counters.h"

// Context: any
static uint64_t slot_offset(const struct slv_object *o, unsigned slot) {
  return o->slots_offset + (uint64_t)slot * o->slot_size;
}

#define CHUNK 1024u // divides every page

// Adds the counters of [low, low + CHUNK), of which `sum` and `more` are images. `lists` goes from chunk to
// chunk. Context: any
static void add_regions(const struct slv_places *p, uint64_t low, char *sum, const char *more,
                        struct slv_lists *lists) {
  for (uint32_t i = slv_region_behind(p, low); i < p->regions; i++) {
    const struct slv_region *r = &p->region[i];
    uint64_t from = r->address > low ? r->address : low;
    uint64_t to = r->address + r->size < low + CHUNK ? r->address + r->size : low + CHUNK;
    if (from >= to) return;
    if (from == r->address) *lists = (struct slv_lists){.head = 0};
    slv_region_add(r->kind, sum + (from - low), more + (from - low), to - from, lists);
  }
}

// Writes old accumulator + slot to the other accumulator. What is no counter in them is of no meaning.
// Context: any
static int add(const struct slv_object *o, int file, uint64_t word, unsigned slot) {
  char sum[CHUNK], more[CHUNK];
  const struct slv_places *p = &o->places;
  unsigned old = SLV_FOLD_SELECT(word), new = word &SLV_FOLD_PRESENT ? 1 - old : 0;
  uint64_t at = 0;
  struct slv_lists lists = {.head = 0};
  int error = slv_file_allocate(file, slot_offset(o, new), o->slot_size);
  for (uint32_t i = 0; i < p->runs && error == 0; i++)
    for (uint64_t low = p->run[i].low; low < p->run[i].high; low += CHUNK, at += CHUNK) {
      if (slv_sys_pread(file, sum, CHUNK, slot_offset(o, slot) + at) != CHUNK) return -EIO;
      if (word & SLV_FOLD_PRESENT) {
        if (slv_sys_pread(file, more, CHUNK, slot_offset(o, old) + at) != CHUNK) return -EIO;
        add_regions(p, low, sum, more, &lists);
      }
      if (slv_sys_pwrite(file, sum, CHUNK, slot_offset(o, new) + at) != CHUNK) return -ENOSPC;
    }
  if (o->births == 0 || error != 0) return error;
  for (uint64_t end = at + SLV_FORK_ROWS * SLV_FORK_ROW; at < end; at += CHUNK) {
    if (slv_sys_pread(file, sum, CHUNK, slot_offset(o, slot) + at) != CHUNK) return -EIO;
    if (word & SLV_FOLD_PRESENT) {
      if (slv_sys_pread(file, more, CHUNK, slot_offset(o, old) + at) != CHUNK) return -EIO;
      slv_region_add(SLV_REGION_ADD64, sum, more, CHUNK, NULL);
    }
    if (slv_sys_pwrite(file, sum, CHUNK, slot_offset(o, new) + at) != CHUNK) return -ENOSPC;
  }
  return 0;
}

// With the fold lock held. Context: any
static int fold_locked(const struct slv_object *o, int file, unsigned slot, uint32_t attach) {
  uint64_t word, at = offsetof(struct slv_counters_header, fold);
  if (slv_sys_pread(file, &word, 8, at) != 8) return -EIO;
  int done = (word & SLV_FOLD_PRESENT) && SLV_FOLD_SLOT(word) == slot + 1 &&
             SLV_FOLD_ATTACH(word) == attach; // its folder died between commit and the mark below
  if (!done) {
    int error = add(o, file, word, slot);
    if (error != 0) return error;
    uint64_t select = word & SLV_FOLD_PRESENT ? 1 - SLV_FOLD_SELECT(word) : 0;
    word = SLV_FOLD_PRESENT | select | (uint64_t)(slot + 1) << 1 | (uint64_t)attach << 16;
    if (slv_sys_pwrite(file, &word, 8, at) != 8) return -ENOSPC; // one aligned word: whole or not
  }
  uint32_t empty = attach | SLV_ATTACH_EMPTY;
  return slv_sys_pwrite(file, &empty, 4, SLV_ATTACH_OFFSET + 4 * slot) == 4 ? 0 : -ENOSPC;
}

#define TRIES 500

// The fold lock is on the first accumulator. A folder at work is waited for a moment, for taking
// another slot would let the file grow; never for ever, it may be stopped.
// Context: any
int slv_fold(const struct slv_object *o, const struct slv_lease *lease) {
  struct flock lock = {
      .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)slot_offset(o, 0), .l_len = 1};
  int own = slv_lease_open(o, lease->number); // an open file of its own: closing it unlocks
  if (own < 0) return own;
  int error = (int)slv_sys_fcntl(own, F_OFD_SETLK, &lock);
  for (int i = 0; i < TRIES && (error == -EAGAIN || error == -EACCES); i++) {
    slv_sys_sched_yield();
    error = (int)slv_sys_fcntl(own, F_OFD_SETLK, &lock);
  }
  if (error == 0) error = fold_locked(o, own, lease->slot, lease->attach);
  if (error == -EACCES) error = -EAGAIN;
  slv_sys_close(own);
  return error;
}
