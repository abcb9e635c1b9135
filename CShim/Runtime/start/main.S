// The entry of the program: __libc_start_main, and what goes before main, without frames of their own: stacks
// that a program or a sanitizer prints read as without the library. Context: constructor, but main itself
#include "base/processor.h"

#include SLV_PROCESSOR_FILE(start, main.inc)

#include "base/marks.inc"
