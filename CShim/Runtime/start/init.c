// The constructor. The library is linked `-z initfirst`: with glibc this runs after relocation and before every
// other constructor of the process, before libc is initialised: no getenv, malloc or stdio; raw calls,
// dl_iterate_phdr and __register_atfork work. musl knows no initfirst: there start/main.c begins.
#include <elf.h>

#include "base/libc.h"
#include "base/next.h"
#include "counters/counters.h"
#include "hooks/exit.h"
#include "hooks/syscall.h"
#include "launch/environment.h"
#include "ledger/ledger.h"
#include "life/life.h"
#include "process/debug.h"
#include "process/recording.h"
#include "signals/signals.h"
#include "start/start.h"

// A value of the auxiliary vector, which follows the environment. Context: constructor
static uint64_t auxiliary(char *const environment[], uint64_t type) {
  while (*environment != NULL) environment++;
  const Elf64_auxv_t *entry = (const Elf64_auxv_t *)(const void *)(environment + 1);
  for (; entry->a_type != AT_NULL; entry++)
    if (entry->a_type == type) return entry->a_un.a_val;
  return 0;
}

// Context: constructor
void slv_begin(char *argv[], char *environment[]) {
  uint64_t life;
  slv_next_prepare();
  if (!slv_recording_open(environment, &life)) {
    slv_recording_disown(environment);
    return;
  }
  slv_process.stack_top = (uintptr_t)argv;
  slv_process.page = (uint32_t)auxiliary(environment, AT_PAGESZ);
  if (!slv_ledger_open() && !(slv_process_outer_user() && slv_ledger_open()) &&
      !slv_ledger_open_apart()) {
    slv_recording_disown(environment);
    return;
  }
  slv_signal_entry = slv_signal_entered;
  slv_ledger_enter(life, argv);
  slv_debug_start(environment);
  slv_debug("entered", slv_process.cell->kind, argv[0]);
  if (slv_environment_value(environment, "LLVM_PROFILE_FILE") != NULL)
    __atomic_fetch_or(&slv_process.cell->flags, SLV_FLAG_OWN_PROFILE, __ATOMIC_RELAXED);
  // The kernel loads no interpreter beside a loader that is run as a program. (ld.so puts the program's
  // name in the place of its own.)
  slv_objects_start((const char *)auxiliary(environment, AT_EXECFN),
                    auxiliary(environment, AT_BASE) == 0, environment);
  slv_ledger_close();
  slv_core_filter_start();
  slv_syscall_start();
  if (slv_process.save_before != 0 || (slv_process.settings & SLV_SETTING_NOTE_SIGNALS))
    slv_signals_chain();
  // The last, for auxiliary() looks behind it.
  if (slv_process.settings & SLV_SETTING_HIDE_ENVIRONMENT) slv_env_hide(environment);
}

// Context: constructor
__attribute__((constructor)) static void start(int argc, char *argv[], char *environment[]) {
  (void)argc;
  if (!slv_libc_is_musl()) slv_begin(argv, environment);
}

// Context: thread
__attribute__((destructor)) static void finish(void) { slv_exit_destructor(); }
