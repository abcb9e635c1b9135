// What our own cell says of our counters: whether there are private ones, whether all were saved, what is lost.
#include "ledger/ledger.h"
#include "process/debug.h"

static SLV_HOT int incomplete; // a fault ended a part of the last flush

// Context: any
int slv_has_private(void) {
  return slv_process.active && (slv_process.cell->flags & SLV_FLAG_PRIVATE) != 0;
}

// Context: any
void slv_note_flush(int failed) {
  __atomic_store_n(&incomplete, failed, __ATOMIC_RELAXED);
  if (!failed) __atomic_fetch_add(&slv_process.cell->snapshots, 1, __ATOMIC_RELAXED);
}

// Context: any
void slv_note_flushed(void) {
  if (!__atomic_load_n(&incomplete, __ATOMIC_RELAXED))
    __atomic_fetch_or(&slv_process.cell->flags, SLV_FLAG_FLUSHED, __ATOMIC_RELAXED);
}

// Context: any
void slv_note_loss(int error) {
  struct slv_cell *cell = slv_process.cell;
  cell->loss = error == -ENOSPC  ? SLV_LOSS_DISK_FULL
               : error == -EFBIG ? SLV_LOSS_FILE_LIMIT
                                 : SLV_LOSS_NO_SLOT;
  cell->loss_errno = -error;
  slv_debug("lost", error, NULL);
}
