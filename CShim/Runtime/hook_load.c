// An object has come: crti.o, which gcc and clang link into every program and library, makes it call
// the weak function __gmon_start__ before its constructors. Nobody but -pg programs defines that, so we
// do, and need no hook of dlopen.
#include "objects.h"

SLV_EXPORT void __gmon_start__(void);

// Context: thread
void __gmon_start__(void) { slv_objects_attach_new(__builtin_return_address(0)); }
