// Why something is not in a recording. Part of salvage_abi.h.
#ifndef SALVAGE_LOSSES_H
#define SALVAGE_LOSSES_H

// Why a process could not be entered, or counters that existed are not in the
// recording. The sentence and the cure for each are in docs/Messages.md and
// SalvageRecord.
enum slv_loss {
  SLV_LOSS_NONE = 0,
  SLV_LOSS_STATIC = 1,      // no PT_INTERP: the dynamic loader never runs
  SLV_LOSS_SECURE = 2,      // set-id or file capabilities: the loader ignores LD_PRELOAD
  SLV_LOSS_OTHER_ARCH = 3,  // other ELF class or machine
  SLV_LOSS_MUSL = 4,        // an interpreter that is neither a glibc nor a musl loader
  SLV_LOSS_OLD_GLIBC = 5,   // older than GLIBC_2.17
  SLV_LOSS_UNREACHABLE = 6, // the library cannot be opened from there (chroot, mount namespace)
  SLV_LOSS_NO_SLOT = 7,     // counters, but no slot: `loss_errno` says why
  SLV_LOSS_FILE_LIMIT = 8,  // RLIMIT_FSIZE is below the counter file's size
  SLV_LOSS_DISK_FULL = 9,
  SLV_LOSS_PRIVATE_KILLED = 10,   // private counters and no whole flush before the end (reader's)
  SLV_LOSS_NO_MAPPING = 11,       // the coverage mapping was stripped or could not be kept
  SLV_LOSS_CONTINUOUS = 12,       // LLVM continuous mode: counts are not in the section
  SLV_LOSS_UNKNOWN_FORMAT = 13,   // counters of a version that this library does not know
  SLV_LOSS_NOT_STARTED = 14,      // announced, never entered, for no reason that we saw
  SLV_LOSS_NO_LEDGER = 15,        // entered, but the recording could not be opened
  SLV_LOSS_COVERAGE_UNSAVED = 20, // coverage.py had no time to save (the reader's verdict too)
  SLV_LOSS_SANDBOX = 17,          // executed in a seccomp sandbox that forbids the
                                  // library's system calls
  SLV_LOSS_ASAN_OPTIONS = 16,     // the program's own __asan_default_options refuses a preload
  SLV_LOSS_GCOV_LATE = 27,        // --coverage that its runtime knew of first: it writes it itself
  SLV_LOSS_GCOV_RESET = 28,       // the program calls __gcov_reset, which does nothing then
  SLV_LOSS_GCOV_VALUES = 29,      // value profiles of gcc's that are not added
  SLV_LOSS_FOREIGN_GUARDS = 24,   // trace-pc-guard, with a callback of somebody else
  SLV_LOSS_PYTHON_FULL = 40,      // more Python sources than one recording holds
  SLV_LOSS_PYTHON_NAME = 41,      // a Python file's path that no report can hold
  SLV_LOSS_NO_PC_TABLE = 25,  // -fsanitize-coverage without pc-table, or several ways in one object
  SLV_LOSS_CLEARED = 26,      // libFuzzer clears the counters before each input
  SLV_LOSS_OWN_COUNTERS = 30, // LLVM's counters, which the program sets itself
  SLV_LOSS_UNREADABLE = 31,   // the object's file could not be read: `loss_errno` says why
  SLV_LOSS_NO_SECTIONS = 32,  // the object's file has no section headers that can be used
  SLV_LOSS_CORRELATED = 33,   // LLVM's counters without records (-profile-correlate)
  SLV_LOSS_NAMESPACE = 35,    // a library with counters, loaded where we are not (dlmopen)
  SLV_LOSS_READ_ONLY = 36,    // the recording is mounted read-only where it was about to be started
  SLV_LOSS_CLANG_GCOV = 34,   // clang --coverage: not found in the code that clang generates
  SLV_LOSS_GO_PLUGIN = 37, // Go's counters in a plugin, whose packages have no numbers of their own
  SLV_LOSS_GO_CLEARS = 38, // the program calls Go's ClearCounters
};

// Whether a loss is of an object as it is, so that a fork child, which has the same objects, has it too.
static inline int slv_loss_is_inherited(unsigned loss) {
  switch (loss) {
    case SLV_LOSS_UNKNOWN_FORMAT:
    case SLV_LOSS_UNREADABLE:
    case SLV_LOSS_NO_SECTIONS:
    case SLV_LOSS_CORRELATED:
    case SLV_LOSS_CLANG_GCOV:
    case SLV_LOSS_GO_PLUGIN:
      return 1;
    default:
      return 0;
  }
}

#endif
