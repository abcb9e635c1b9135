// Files of the recording: growing them without a signal, a hole or a truncation.
#ifndef SLV_FILE_H
#define SLV_FILE_H

#include "base/system.h"

// In a recording that others can write to, a name may lead to anything: no link is followed, a pipe or a
// device is not waited for, and no terminal becomes ours.
#define SLV_CAREFULLY (O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

int slv_file_open(const char *path, int flags);
int slv_file_open_of(const char *path, uid_t owner);
int slv_file_may_grow(uint64_t bytes);
int slv_file_allocate(int file, uint64_t from, uint64_t bytes);
int slv_file_extend(int file, uint64_t *allocated, uint64_t base, uint64_t size);

#endif
