// What is done in each new interpreter, before code of the user runs in it.
#include "python/enter.h"

#include "python/coveragepy.h"
#include "python/recorder.h"

// Context: thread
void slv_python_enter(const struct slv_python *python, int number) {
  __atomic_fetch_or(&slv_process.cell->flags, SLV_FLAG_PYTHON, __ATOMIC_RELAXED);
  slv_python_guard_enter();
  slv_python_filter_start(python);
  if (!slv_python_code_start(python)) return;
  if (python->minor >= 12) slv_python_monitor(python, number);
  else slv_python_trace(python);
}
