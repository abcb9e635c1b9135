#include "runtime.h"
// Context: thread
void slv_signals_chain(void) {}
