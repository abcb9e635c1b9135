// Files of the recording: growing them without a signal, a hole or a truncation.
#ifndef SLV_FILE_H
#define SLV_FILE_H

#include "mem.h"
#include "sys.h"

int slv_file_may_grow(uint64_t bytes);
int slv_file_allocate(int file, uint64_t from, uint64_t bytes);

#endif
