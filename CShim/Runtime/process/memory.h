// Memory that may be gone.
#ifndef SLV_MEMORY_H
#define SLV_MEMORY_H

#include <stddef.h>

// Copies memory that the program may have taken away, where all signals are blocked and a load would end
// the process: through process_vm_readv(2), which says so. Returns 0 if it can't be read. Context: any
int slv_copy_if_readable(void *to, const void *from, size_t bytes);

#endif
