// What happens to lives: how ours ends, what wait statuses it collected, which programs it starts.
#include "ledger/kill_notice.h"
#include "ledger/ledger.h"
#include "process/debug.h"

// Context: any
void slv_end(enum slv_cell_state state, enum slv_cause cause, int status) {
  if (!slv_process.active || slv_is_vfork_child()) return;
  struct slv_cell *cell = slv_process.cell;
  cell->cause = cause;
  cell->status = status;
  // Whoever ends a life has flushed before.
  if (state == SLV_CELL_ENDED) slv_note_flushed();
  if (!slv_process.sandboxed) cell->ended = slv_sys_boottime();
  __atomic_store_n(&cell->state, state, __ATOMIC_RELEASE);
  if (state == SLV_CELL_ENDED) slv_notice_ended();
  slv_debug(state == SLV_CELL_ENDED ? "ended" : "ending", cause, NULL);
}

// Context: any
void slv_end_undo(void) {
  if (!slv_process.active || slv_is_vfork_child()) return;
  struct slv_cell *cell = slv_process.cell;
  __atomic_store_n(&cell->state, SLV_CELL_ENTERED, __ATOMIC_RELEASE);
  __atomic_fetch_and(&cell->flags, ~SLV_FLAG_FLUSHED, __ATOMIC_RELAXED);
  cell->cause = SLV_CAUSE_NONE;
  cell->status = 0;
  cell->ended = 0;
}

// Context: any
void slv_event(enum slv_cell_state state, pid_t pid, int status) {
  if (!slv_process.active) return;
  struct slv_cell *cell = slv_cell_take();
  if (cell == NULL) return;
  cell->life = 0;
  cell->parent = slv_process.cell->life;
  cell->pid = pid;
  cell->pidns = slv_process.pidns;
  cell->status = status;
  __atomic_store_n(&cell->state, state, __ATOMIC_RELEASE);
}

// Context: any
void slv_reap(pid_t pid, int status) { slv_event(SLV_CELL_REAP, pid, status); }
