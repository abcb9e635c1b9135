// Where this process records: recording.c and ledger.c for the other files of the core.
#ifndef SLV_RECORDING_H
#define SLV_RECORDING_H

#include "runtime.h"

#define SLV_ADDRESS_MAX (SLV_PATH_MAX + 48)

const char *slv_environment_value(char *const environment[], const char *name);
void slv_recording_format(char *to, uint64_t life);
void slv_recording_home(char *to, size_t size, uint32_t uid);
int slv_recording_open(char *const environment[], uint64_t *life);
void slv_recording_disown(char *const environment[]);
void slv_process_identify(void);
int slv_process_outer_user(void);
void slv_process_namespace(uint64_t parents);

// Opens and maps this user's ledger, making it when it is not there. 0 when it can't. Context: constructor
int slv_ledger_open(void);

// The user id of this process changed: cells are taken in the ledger of slv_process.uid from here on,
// or, where it can't be opened, in the old one as far as that has room. Context: any
void slv_ledger_move(void);
// The ledger's file while the constructor looks for objects, else -1.
extern int slv_ledger_file;
void slv_ledger_close(void);
struct slv_ledger_header *slv_ledger(void);
struct slv_index_entry *slv_index(void);
struct slv_cell *slv_cell_early(uint32_t number); // NULL: there was none when we opened the ledger

// CLOCK_BOOTTIME; 0 in a sandbox, where the clock may be forbidden. Context: any
static inline uint64_t slv_ledger_now(void) {
  return slv_process.sandboxed ? 0 : slv_sys_boottime();
}

// ---- lives.c

// Makes this process a life: the announced cell when it was announced for us, else a new one.
// Context: constructor
void slv_ledger_enter(uint64_t life, char *const argv[]);

// The fork child's own cell, announced by its parent. Context: thread
void slv_ledger_enter_fork(struct slv_cell *cell);

#endif
