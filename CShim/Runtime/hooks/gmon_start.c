// How objects that are loaded later tell of themselves. Each that is linked with the start files of gcc or
// clang calls a weak __gmon_start__, if somebody defines it, from its _init: before its constructors, and
// while no thread of the program can know where its variables are. (Measured: glibc 2.36, gcc 11 and 12,
// clang 21, bfd, gold and lld. A program built with -pg defines its own.)
#include "hooks/hooks.h"

#include "life/life.h"

SLV_EXPORT void __gmon_start__(void);

// Context: thread
void __gmon_start__(void) { slv_objects_attach_new(); }
