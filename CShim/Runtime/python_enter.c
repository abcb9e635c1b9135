// What is done in each new interpreter, before code of the user runs in it.
#include "python_guard.h"

// Context: thread
void slv_python_enter(void) {
  __atomic_fetch_or(&slv_process.cell->flags, SLV_FLAG_PYTHON, __ATOMIC_RELAXED);
  slv_python_guard_enter();
}
