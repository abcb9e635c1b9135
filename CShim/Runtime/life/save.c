// What is saved at an end: private counters, by plain stores (counters/private.c), and what only code can save.
#include "counters/counters.h"
#include "life/life.h"
#include "signals/signals.h"

// Context: any
void slv_save(void) {
  slv_save_by_code(0, NULL, NULL);
  slv_flush();
}
