// Opening the recording: what the environment and the settings file say.
#ifndef SLV_RECORDING_H
#define SLV_RECORDING_H

#include "process/process.h"

#define SLV_ADDRESS_MAX (SLV_PATH_MAX + 48)

// The value of a variable in an environment array, or NULL. Context: any
const char *slv_environment_value(char *const environment[], const char *name);

// While the constructor looks at objects: libc has none yet. Else NULL.
extern char *const *slv_environment;

// Opens the recording that the environment names; `*life` is the announced one. 0 when there is none, or
// none of this library's format. Context: constructor
int slv_recording_open(char *const environment[], uint64_t *life);

// For a process that cannot record: gives up the id in its environment. Context: constructor
void slv_recording_disown(char *const environment[]);

// Writes `<root>;life=<16 hex>;ctx=<8 hex>` to `to`, at least SLV_ADDRESS_MAX bytes. Context: any
void slv_recording_format(char *to, uint64_t life);

// users/u<uid>, or the name that it moved to. Context: any
void slv_recording_home(char *to, size_t size, uint32_t uid);

// Takes a name for this user's directory that nobody can have known. 0: there is none.
// Context: any
int slv_recording_move_home(void);

// The identity of this process at start. Context: constructor
void slv_process_identify(void);

// In a user namespace, takes the user id that ours stands for outside. 0 when that is no other.
// Context: any
int slv_process_outer_user(void);

// Finds out this process's pid namespace, given its parent's (0: not known). Context: any
void slv_process_namespace(uint64_t parents);

#endif
