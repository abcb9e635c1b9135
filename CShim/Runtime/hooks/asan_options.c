// gcc's shared ASan runtime ends a program in which a preloaded library comes before it. It asks this
// weak function for options first; the user's ASAN_OPTIONS still win. A program that defines the
// function itself is not entered (launch/target.c).
#include "hooks/hooks.h"

SLV_EXPORT const char *__asan_default_options(void);

// Context: any
const char *__asan_default_options(void) { return "verify_asan_link_order=0"; }
