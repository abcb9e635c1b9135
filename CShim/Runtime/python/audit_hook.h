// Our audit hook in the interpreter's list.
#ifndef SLV_AUDIT_HOOK_H
#define SLV_AUDIT_HOOK_H

#include "python/host.h"

// Puts the hook into the list: the first time before the runtime is initialised. Context: thread
void slv_audit_hook_set(slv_py_audit *hook);
int slv_audit_hook_is_set(void);

// Takes it out. The entry stays as it is: the interpreter may be walking over it. Context: thread
void slv_audit_hook_leave(void);

// More interpreters may come than the main one: their events are looked at from here on. Context: thread
void slv_audit_hook_watch(void);
int slv_audit_hook_watches(void);

#endif
