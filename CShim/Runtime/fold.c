// Folding: a fresh slot serves one life; when that is dead, the next life that wants a fresh slot adds
// the slot's counters to the file's accumulator, so that disk use follows simultaneous lives here too.
// Two accumulators and one commit word make it exactly-once at any point of death (salvage_abi.h).
#include "counters.h"
#include "recording.h"
#include "safe/file.h"

// Context: any
static uint64_t slot_offset(const struct slv_object *o, unsigned slot) {
  return slv_process.page + (uint64_t)slot * o->slot_size;
}

// Writes old accumulator + slot to the other accumulator, region by region. Context: any
static int add(const struct slv_object *o, int file, uint64_t word, unsigned slot) {
  char sum[512], more[512];
  unsigned from = SLV_FOLD_SELECT(word), to = word & SLV_FOLD_PRESENT ? 1 - from : 0;
  int error = slv_file_allocate(file, slot_offset(o, to), o->slot_size);
  for (int i = 0; i < SLV_REGIONS && error == 0; i++) {
    const struct slv_region *r = &o->found.region[i];
    for (uint32_t done = 0; done < r->size && error == 0; done += sizeof sum) {
      size_t step = r->size - done < sizeof sum ? r->size - done : sizeof sum;
      uint64_t at = slv_slot_position(o, r->address + done);
      if (slv_sys_pread(file, more, step, slot_offset(o, slot) + at) != (slv_word)step) return -EIO;
      if (word & SLV_FOLD_PRESENT) {
        if (slv_sys_pread(file, sum, step, slot_offset(o, from) + at) != (slv_word)step)
          return -EIO;
        slv_region_add(r->kind, more, sum, step);
      }
      if (slv_sys_pwrite(file, more, step, slot_offset(o, to) + at) != (slv_word)step)
        error = -ENOSPC;
    }
  }
  return error;
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
