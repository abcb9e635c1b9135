// A thread that is made by a handler, where that can be done.
#ifndef SLV_THREAD_MAKER_H
#define SLV_THREAD_MAKER_H

#include <stdint.h>

// What a handler can't look up. Context: thread
void slv_maker_prepare(void);

// True when that went well. Context: any
int slv_maker_is_ready(void);

// True when what the making needs may be half changed: the thread was interrupted in libc, the loader, malloc or our
// own code. Context: any
int slv_maker_is_interrupted(uintptr_t address);

// Makes the thread; errno's value where it can't. Context: any
int slv_maker_make(void *(*function)(void *));

#endif
