// The ledger: cells, which say how lives begin, what they start, and how they end.
#ifndef SLV_LEDGER_H
#define SLV_LEDGER_H

#include "process/process.h"

// ---- ledger/cells.c: the mapped file

// Opens and maps this user's ledger, making it when it is not there. 0 when it can't. Context: constructor
int slv_ledger_open(void);
// The same where another user has taken the name of this user's directory. Context: constructor
int slv_ledger_open_apart(void);

// The user id of this process changed: cells are taken in the ledger of slv_process.uid from here on,
// or, where it can't be opened (0), in the old one as far as that has room. Context: any
int slv_ledger_move(void);

// The ledger's file while the constructor looks for objects, else -1.
extern int slv_ledger_file;
// Context: constructor
void slv_ledger_close(void);

// Context: any
struct slv_ledger_header *slv_ledger(void);
struct slv_index_entry *slv_index(void);

// Takes a cell of this user's ledger and gives it an id; NULL when the disk is full or the process is
// sandboxed and a new chunk would be needed. All fields but `life` are 0. Context: any
struct slv_cell *slv_cell_take(void);

// A cell that was handed out; NULL where it has no blocks. Context: any
struct slv_cell *slv_cell_number(uint32_t number);
// The same of a cell that was there when we opened the ledger. Context: constructor
struct slv_cell *slv_cell_early(uint32_t number);

// CLOCK_BOOTTIME; 0 in a sandbox, where the clock may be forbidden. Context: any
static inline uint64_t slv_ledger_now(void) {
  return slv_process.sandboxed ? 0 : slv_sys_boottime();
}

// ---- ledger/lives.c: how lives begin

// Announces a life that this one is about to start. `outer_pid` and the rest stay 0 until known.
// Context: any
struct slv_cell *slv_cell_announce(enum slv_kind kind);
struct slv_cell *slv_cell_announce_fork(void);

// The announced life could not be started. Context: any
void slv_cell_cancel(struct slv_cell *cell, int error);

// Makes this process a life: the announced cell when it was announced for us, else a new one.
// Context: constructor
void slv_ledger_enter(uint64_t life, char *const argv[]);

// The fork child's own cell, announced by its parent. Context: any
void slv_ledger_enter_fork(struct slv_cell *cell);

// ---- ledger/programs.c

// Appends what an announced life runs: path and arguments (both may be NULL). Context: any
void slv_program_note(uint64_t life, const char *path, char *const argv[]);

// ---- ledger/events.c: what happens to lives

// Writes down a wait status that this process collected: `status` as of wait(2). Context: any
void slv_reap(pid_t pid, int status);

// Writes down an event (SLV_CELL_MARK, SLV_CELL_KILL) of this life. Context: any
void slv_event(enum slv_cell_state state, pid_t pid, int status);

// Notes in our own cell how this life ends: `state` is SLV_CELL_ENDING while program code still runs
// (exit handlers), SLV_CELL_ENDED when none will. Does nothing in a vfork child. Context: any
void slv_end(enum slv_cell_state state, enum slv_cause cause, int status);

// Takes that back, after an exec that failed. Context: any
void slv_end_undo(void);

// ---- ledger/life.c: what our own cell says of our counters

// True when a flush could lose something: this life has private counters. Context: any
int slv_has_private(void);

// A flush is done: whether a fault ended a part of it. Context: any
void slv_note_flush(int failed);

// Notes in our cell that the last flush saved everything, if it did. Context: any
void slv_note_flushed(void);

// Counters are lost because of this error (-errno). Context: any
void slv_note_loss(int error);

#endif
