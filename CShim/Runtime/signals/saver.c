// The source that only code can save (coverage.py in an interpreter), if there is one.
#include "ledger/kill_notice.h"
#include "process/process.h"
#include "signals/signals.h"

static SLV_HOT slv_saver *saver; // asked for at every end

// Context: any
void slv_saver_register(slv_saver *function) {
  __atomic_store_n(&saver, function, __ATOMIC_RELEASE);
  if (slv_process.active) slv_saver_fork_child();
}

// Context: any
void slv_saver_fork_child(void) {
  if (__atomic_load_n(&saver, __ATOMIC_ACQUIRE) == NULL) return;
  slv_notice_private();
  slv_signals_chain();
}

// Context: any
int slv_save_by_code(int signal, siginfo_t *info, ucontext_t *context) {
  slv_saver *function = __atomic_load_n(&saver, __ATOMIC_ACQUIRE);
  if (function == NULL || !slv_process.active || slv_is_vfork_child()) return 1;
  return function(signal, info, context);
}
