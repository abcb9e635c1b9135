// The functions that ours stand in front of.
#ifndef SLV_NEXT_H
#define SLV_NEXT_H

#include <stddef.h>

#include "base/attributes.h"

// The next definition after ours in the search order of the dynamic loader, as dlsym(RTLD_NEXT) finds
// it, but without its locks, its heap and its symbol version (dlsym@GLIBC_2.34). NULL when there is
// none. Context: any
void *slv_next(const char *name);

// Looks at the loaded objects, once, while nothing can change their list: the constructor does it first of
// all. Context: any
void slv_next_prepare(void);

// SLV_REAL(waitpid)(pid, &status, 0): looked up once, kept in a static of the calling function.
#define SLV_REAL(name)                                                            \
  ({                                                                              \
    static SLV_HOT __typeof__(name) *slv_cached;                                  \
    __typeof__(name) *slv_found = __atomic_load_n(&slv_cached, __ATOMIC_RELAXED); \
    if (slv_found == NULL) {                                                      \
      slv_found = (__typeof__(name) *)slv_next(#name);                            \
      __atomic_store_n(&slv_cached, slv_found, __ATOMIC_RELAXED);                 \
    }                                                                             \
    slv_found;                                                                    \
  })

// Where our own library begins in memory (from the linker); its load bias, for it is linked at 0.
extern const char slv_image[] __asm__("__ehdr_start") __attribute__((visibility("hidden")));

#endif
