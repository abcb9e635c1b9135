// How a life gets its cell: announced by whoever starts it, entered by its own code, or taken where
// nobody announced it.
#include "ledger/ledger.h"
#include "process/recording.h"

// Where a life writes that got no cell (disk full; counted in lost_cells): everything else goes on.
static struct slv_cell nowhere;

// Context: any
struct slv_cell *slv_cell_announce(enum slv_kind kind) {
  struct slv_cell *cell = slv_cell_take();
  if (cell == NULL) return NULL;
  cell->parent = slv_process.cell->life;
  cell->kind = kind;
  cell->context = slv_process.context;
  cell->uid = slv_process.uid;
  cell->pidns = slv_process.pidns;
  cell->ppid = slv_process.pid;
  cell->coverage = slv_process.cell->coverage;
  __atomic_store_n(&cell->state, SLV_CELL_ANNOUNCED, __ATOMIC_RELEASE);
  return cell;
}

// What a fork child has from its parent. Context: any
static void inherit(struct slv_cell *child) {
  const struct slv_cell *own = slv_process.cell;
  child->flags = own->flags & (SLV_FLAG_OWN_PROFILE | SLV_FLAG_PARTIAL_HOOKS | SLV_FLAG_SANDBOXED |
                               SLV_FLAG_PYTHON);
  if (own->flags & SLV_FLAG_PYTHON) child->flags |= own->flags & SLV_FLAG_LIVE; // lines stay shared
  // Counters that are not known here are not known in the child either.
  if (slv_loss_is_inherited(own->loss)) child->loss = own->loss;
  child->objects = own->objects;
}

// The parent writes into the child's cell what the child has from it, for its own cell may stand on a
// page that the child would have to fault in. Context: any
struct slv_cell *slv_cell_announce_fork(void) {
  struct slv_cell *cell = slv_cell_announce(SLV_KIND_FORK);
  if (cell != NULL) inherit(cell);
  return cell;
}

// Context: any
void slv_cell_cancel(struct slv_cell *cell, int error) {
  if (cell == NULL) return;
  cell->status = error;
  cell->ended = slv_ledger_now();
  __atomic_store_n(&cell->state, SLV_CELL_CANCELLED, __ATOMIC_RELEASE);
}

// Context: any
static void fill(struct slv_cell *cell, pid_t parent) {
  cell->pid = slv_process.pid;
  cell->ppid = parent;
  cell->uid = slv_process.uid;
  cell->pidns = slv_process.pidns;
  cell->context = slv_process.context;
  slv_process.cell = cell;
  slv_process.active = 1;
}

// The cell announced under that id, if it was announced for this very process: a static program
// between us hands its own id on to its children. Context: constructor
static struct slv_cell *announced_for_us(uint64_t life) {
  struct slv_cell *cell = slv_cell_early(SLV_LIFE_NUMBER(life));
  // The first touch is a store: a load would be a fault of its own before that of the store.
  if (cell == NULL || (__atomic_fetch_or(&cell->state, 0, __ATOMIC_ACQUIRE), cell->life != life))
    return NULL;
  int ours =
      cell->outer_pid == slv_process.pid ||
      (cell->kind == SLV_KIND_SPAWN && cell->outer_pid == 0 && cell->ppid == slv_sys_getppid());
  uint32_t expected = SLV_CELL_ANNOUNCED;
  if (!ours || !__atomic_compare_exchange_n(&cell->state, &expected, SLV_CELL_ENTERED, 0,
                                            __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
    return NULL;
  return cell;
}

// Context: constructor
void slv_ledger_enter(uint64_t life, char *const argv[]) {
  struct slv_cell *cell = announced_for_us(life);
  if (cell != NULL) {
    cell->loss = cell->loss_errno = 0; // what the announcer feared
    cell->flags = 0;
    cell->born =
        slv_ledger_now(); // a fork child keeps the moment of its announcement, microseconds before
    slv_process_namespace(cell->pidns);
    fill(cell, slv_sys_getppid());
    return;
  }
  slv_process_namespace(0);
  cell = slv_cell_take();
  if (cell == NULL) cell = &nowhere;
  cell->parent = cell->announced_as = life;
  fill(cell, slv_sys_getppid());
  __atomic_store_n(&cell->state, SLV_CELL_ENTERED, __ATOMIC_RELEASE);
  char path[SLV_PATH_MAX];
  slv_word n = slv_sys_readlinkat(AT_FDCWD, "/proc/self/exe", path, sizeof path - 1);
  path[n > 0 ? n : 0] = 0;
  slv_program_note(cell->life, path, argv);
}

// Context: any
void slv_ledger_enter_fork(struct slv_cell *cell) {
  pid_t parent = slv_process.pid;
  slv_process.pid = slv_process.sandboxed ? 0 : slv_sys_getpid(); // its parent notes outer_pid
  if (!slv_process.sandboxed) slv_process_namespace(slv_process.pidns);
  if (cell == NULL) { // the parent got none
    if ((cell = slv_cell_take()) == NULL) cell = &nowhere;
    cell->parent = slv_process.cell->life;
    cell->kind = SLV_KIND_FORK;
    inherit(cell);
  }
  fill(cell, parent);
  __atomic_store_n(&cell->state, SLV_CELL_ENTERED, __ATOMIC_RELEASE);
}
