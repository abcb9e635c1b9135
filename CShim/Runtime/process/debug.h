// A line for each event of this process, for people who debug this library: docs/how-to/debug-the-library.md.
#ifndef SLV_DEBUG_H
#define SLV_DEBUG_H

#include <stdint.h>

// Takes the file's path from SALVAGE_DEBUG; without one nothing is ever written. Context: constructor
void slv_debug_start(char *const environment[]);

// Appends `<nanoseconds since boot> <pid> <life> <event> <number> <subject>` to that file. `subject` may be
// NULL. Writes nothing in a sandbox, where opening a file may be forbidden. Context: any
void slv_debug(const char *event, int64_t number, const char *subject);

#endif
