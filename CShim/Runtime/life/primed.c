// What a fork child is likely to call first: looked up by its parent, once for all children. Else each that
// asks for a variable, as many do before they exec, looks libc's up anew (three page faults, 8 us; glibc 2.36).
#include <stdlib.h>
#include <unistd.h>

#include "base/next.h"
#include "life/life.h"

// Context: any
slv_exit_function *slv_real_exit_at_once(void) { return SLV_REAL(_exit); }

// Context: any
slv_exit_function *slv_real_exit(void) { return SLV_REAL(exit); }

// Context: any
__attribute__((noinline)) char *(*slv_real_getenv(void))(const char *) { return SLV_REAL(getenv); }

// Context: any
void slv_primed_prepare(void) {
  slv_real_exit_at_once();
  slv_real_exit();
  slv_real_getenv();
}
