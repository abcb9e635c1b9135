// Which libc this process has: glibc, or musl, which loads the same library.
#ifndef SLV_LIBC_H
#define SLV_LIBC_H

#include <link.h>

// Context: any
int slv_libc_is_musl(void);

// Whether a file of that name is libc itself. (musl's is its loader too; its installed name is libc.so.)
// Context: any
int slv_libc_is(const char *name);

// The loader's list of objects, in search order. To be read while nothing can change it: before main.
// Context: any
const struct link_map *slv_libc_loaded(void);

#endif
