// The contract between the injected library (C, writes) and the readers (Swift, read).
// When to change it: append a field, never move or resize one; retire a field by renaming it
// `reserved_*`. A change that an older reader would misread raises SLV_ABI_VERSION, and readers
// refuse what they do not know. Everything is little-endian and 8-byte aligned; docs/RecordingFormat.md
// is this header in prose, and a test compares the two.
// All names below are relative to a recording, a directory:
//   settings                     struct slv_settings, written once, before the first process
//   libsalvage.so                the library that the processes of this recording load
//   runs/<life>.json             one per `salvage run`: the root life, its command and how it ended
//   u<uid>/ledger                struct slv_ledger_header, the object index, then the cells
//   u<uid>/programs              struct slv_program_record + text, appended
//   u<uid>/<identity>-<ctx>.<n>.cnt   struct slv_counters_header, attach words, slots
//   u<uid>/<identity>-<ctx>.forks     struct slv_counters_header, struct slv_forks, snapshots
//   u<uid>/coverage-<life>       how coverage.py measures there, JSON, for guard.py
//   u<uid>/python-<ctx>          struct slv_python_header, the directory, then blocks
//   python                       what Python code is recorded, one rule a line; absent: the default
//   u<uid>/<identity>.obj        an ELF file with the sections that a report needs
// u<uid>.<16 hex> stands for u<uid> where another user had taken that name.
// <identity> is 16 hex digits, <ctx> 8, <n> decimal from 0. The u<uid> directories lie under
// slv_settings.users, which is the recording itself or, where the recording's file system drops the
// lock of a closed but mapped file (overlayfs), a tmpfs directory that `live` links to.
#ifndef SALVAGE_ABI_H
#define SALVAGE_ABI_H

#include <stddef.h>
#include <stdint.h>

#define SLV_ABI_VERSION 5

// ---- environment ---------------------------------------------------------------------------------

// `<absolute path of the recording>;life=<16 hex>;ctx=<8 hex>`, parsed from the right: a path may
// hold semicolons. `life` is the id under which the exec or spawn hook announced this image, or the
// id of the process that started it where no hook could announce (0: nobody known).
#define SLV_ENV_RECORDING "SALVAGE_RECORDING"
#define SLV_ENV_PRELOAD "LD_PRELOAD"
#define SLV_ENV_DEBUG "SALVAGE_DEBUG"
#define SLV_LIBRARY_NAME "libsalvage.so"

#define SLV_PATH_MAX 1024

// ---- settings ------------------------------------------------------------------------------------

#define SLV_SETTINGS_MAGIC 0x5454455354564c53ull // "SLVTSETT"

enum slv_setting {
  SLV_SETTING_PRIVATE = 1u << 0,          // never share a page: copy at death (`--private`)
  SLV_SETTING_PER_PROCESS = 1u << 1,      // fresh slots instead of leases (`--per-process`)
  SLV_SETTING_NOTE_SIGNALS = 1u << 2,     // chain handlers in every life, to note signals
  SLV_SETTING_HIDE_ENVIRONMENT = 1u << 3, // hide our variables from the program
  SLV_SETTING_LEAVE_GCOV = 1u << 4, // counters of gcc's --coverage are libgcov's (`--leave-gcov`)
  SLV_SETTING_NO_PYTHON = 1u << 6,  // no recorder in Python interpreters (`--no-python`)
};

struct slv_settings {
  uint64_t magic;
  uint32_t version;           // SLV_ABI_VERSION of the writer
  uint32_t size;              // sizeof(struct slv_settings) of the writer
  uint32_t flags;             // enum slv_setting
  uint32_t context;           // id of the context that lives start with; 0 is none
  uint64_t save_before;       // bit n-1: save or mark before the program's own handler for signal n
  uint64_t created;           // CLOCK_REALTIME, nanoseconds
  char command_version[32];   // of the salvage command, for messages
  char users[SLV_PATH_MAX];   // where the u<uid> directories are: absolute, or empty: here
  char library[SLV_PATH_MAX]; // what LD_PRELOAD names: absolute, or empty: libsalvage.so here
  uint64_t boot[2]; // the boot that its times and process ids are of (boot_id); 0: not known
  uint64_t id[2];   // random: what belongs to it elsewhere names it, see slv_belonging
  uint64_t reserved[4];
};

// ---- ledger --------------------------------------------------------------------------------------

#define SLV_LEDGER_MAGIC 0x4745444c564c5353ull // "SSLVLDEG"
#define SLV_LEDGER_HEADER_SIZE 4096u
#define SLV_INDEX_ENTRIES 1024u
#define SLV_CELLS_OFFSET 69632u // header + index
#define SLV_LEDGER_CHUNK 65536u // the file grows by this, blocks allocated
// The byte of the ledger file that every entered life holds a shared OFD lock on; fork children hold
// it through the mapping they inherit. Nobody holds it: the recording is not in use.
#define SLV_LEDGER_USE_BYTE 0x7fff000000000000ull

struct slv_ledger_header {
  uint64_t magic; // written last
  uint32_t version;
  uint32_t header_size; // SLV_LEDGER_HEADER_SIZE
  uint32_t cell_size;   // sizeof(struct slv_cell)
  uint32_t index_entries;
  uint64_t index_offset;
  uint64_t cells_offset;
  uint64_t next;         // cells handed out, atomic; the first has number 0
  uint64_t allocated;    // bytes of the file that have blocks, atomic, grows only
  uint64_t lost_cells;   // lives that got no cell (disk full), atomic
  uint64_t created;      // CLOCK_REALTIME, nanoseconds
  uint64_t created_boot; // CLOCK_BOOTTIME at the same moment: dates every `born` below
  uint32_t uid, reserved;
  uint64_t privates; // lives that had private counters, atomic; 0: nobody is asked before a kill
  uint64_t ordinary[64]; // fingerprints of programs that can carry the library
};

enum slv_cell_state {
  SLV_CELL_FREE = 0,      // handed out, never filled: its writer died
  SLV_CELL_ANNOUNCED = 1, // a parent is about to start it
  SLV_CELL_ENTERED = 2,   // its own code wrote this
  SLV_CELL_ENDING = 3,    // exit() was called; `cause`, `status` are set
  SLV_CELL_ENDED = 4,     // nothing of the program runs any more
  SLV_CELL_CANCELLED = 5, // the exec, spawn or fork failed; errno in `status`
  SLV_CELL_REAP = 6,      // not a life: a wait status that some process collected
  SLV_CELL_MARK = 7,      // not a life: a snapshot point of life `parent` (--save-before)
  SLV_CELL_KILL = 8,      // not a life: life `parent` sent SIGKILL to `pid`
  SLV_CELL_PROGRAM = 9,   // not a life: what `parent` runs, struct slv_program_cell
};

enum slv_kind {       // how a life began
  SLV_KIND_ROOT = 0,  // nobody announced it
  SLV_KIND_FORK = 1,  // fork, _Fork, clone without CLONE_VM: same program, a copy of the memory
  SLV_KIND_EXEC = 2,  // the same process goes on as another image; `parent` is the life before
  SLV_KIND_SPAWN = 3, // posix_spawn
  SLV_KIND_VFORK = 4, // exec in a vfork child: `parent` is the life that called vfork
};

enum slv_cause {
  SLV_CAUSE_NONE = 0,   // not known to the life itself: the wait status says, or it vanished
  SLV_CAUSE_RETURN = 1, // main returned `status`
  SLV_CAUSE_EXIT = 2,   // exit(status)
  SLV_CAUSE__EXIT = 3,  // _exit, _Exit, raw exit_group
  SLV_CAUSE_QUICK_EXIT = 4,
  SLV_CAUSE_ABORT = 5,       // abort() was called
  SLV_CAUSE_EXEC = 6,        // became another life
  SLV_CAUSE_SIGNAL = 7,      // our handler saw signal `status`, whose default action ends the life
  SLV_CAUSE_THREAD_EXIT = 8, // raw SYS_exit of the last thread, pthread_exit
};

enum slv_cell_flag {
  SLV_FLAG_LIVE = 1u << 0,          // has counters, all in shared pages
  SLV_FLAG_PRIVATE = 1u << 1,       // has counters that only flush hooks save
  SLV_FLAG_FLUSHED = 1u << 2,       // the flush of the private ones was complete at its end
  SLV_FLAG_FRESH = 1u << 3,         // counts in a fresh slot
  SLV_FLAG_PARENT_SLOT = 1u << 4,   // a fork child that counts on its parent's slot
  SLV_FLAG_SANDBOXED = 1u << 5,     // seccomp: none of our system calls from here on
  SLV_FLAG_CHAINED = 1u << 6,       // has our signal handlers
  SLV_FLAG_NO_PRELOAD = 1u << 7,    // announced; LD_PRELOAD was taken out, see `loss`
  SLV_FLAG_OWN_PROFILE = 1u << 8,   // the program has its own LLVM_PROFILE_FILE
  SLV_FLAG_PARTIAL_HOOKS = 1u << 9, // dlmopen namespace, RTLD_DEEPBIND and the like
  SLV_FLAG_PYTHON = 1u << 10,       // a CPython interpreter of it was entered
  SLV_FLAG_COVERAGE = 1u << 11,     // coverage.py measures in it
  SLV_FLAG_COUNTERLESS = 1u << 12,  // announced; it cannot be entered, and has no counters to lose
};

// One life, or one event. Stores need no system call. 128 bytes.
struct slv_cell {
  uint64_t life;   // (random | number): unique in the recording; 0 in events
  uint64_t parent; // life that started it, or that an event belongs to; 0 unknown. Where it equals
                   // `announced_as`, all that is known is the id in its environment: that of an
                   // announced life which this is (same pid, another user's ledger; or the root
                   // in runs/), or of the life that started it where no hook announced (system(),
                   // a static parent): then `ppid` tells a fork child of that life
  uint32_t state;  // enum slv_cell_state, stored last (release)
  uint16_t kind;   // enum slv_kind
  uint16_t loss;   // enum slv_loss
  int32_t pid;     // in its own pid namespace; REAP: as the reaping process sees it
  int32_t outer_pid; // as the process that started it sees it; 0 not known
  int32_t ppid;      // getppid() when it entered; ANNOUNCED: pid of the announcing process
  uint32_t uid;      // effective, when it entered
  uint64_t pidns;    // inode of its pid namespace; 0 not known
  uint64_t born;     // CLOCK_BOOTTIME ns: entered (announced, until then)
  uint64_t ended;    // CLOCK_BOOTTIME ns of the last note about its end; 0 none
  uint32_t cause;    // enum slv_cause
  int32_t status;    // exit status, signal, errno (CANCELLED); REAP: wait status as of wait(2)
  uint32_t flags;    // enum slv_cell_flag
  int32_t loss_errno;
  uint32_t context;
  uint32_t snapshots;    // flushes or marks so far
  uint64_t announced_as; // the life id in its environment, where that is another cell (other user,
                         // not announced by this id); 0 when it entered the cell announced for it
  uint32_t core_filter;  // announced: the coredump_filter that the child should have; 0 as is
  uint32_t objects;      // objects with counters that it mapped or keeps privately
  uint32_t ask, reserved0; // ask: futex of the kill notice
  uint64_t coverage;       // life whose coverage.py measures what this one starts; 0 none
  uint64_t reserved;
};

// Life ids: the low 32 bits are the cell's number in the ledger of the user who announced it.
#define SLV_LIFE_NUMBER(life) ((uint32_t)(life))
#define SLV_LIFE_NO_CELL 0xffffffffu // announced outside a ledger: in runs/<life>.json

// ---- object index --------------------------------------------------------------------------------

enum slv_source {
  SLV_SOURCE_NONE = 0,
  SLV_SOURCE_LLVM = 1,
  SLV_SOURCE_GCOV = 2,
  SLV_SOURCE_SANCOV = 3,
  SLV_SOURCE_PYTHON = 4,
  SLV_SOURCE_GO = 5,
};

enum slv_region_kind { // how two images of a region are added
  SLV_REGION_NONE = 0,
  SLV_REGION_ADD64 = 1,  // u64 counters, saturating sum; initial value 0
  SLV_REGION_AND8 = 2,   // single-byte coverage: 0xff not executed, 0 executed; bitwise and
  SLV_REGION_OR8 = 3,    // MC/DC bitmaps, flags; initial value 0, bitwise or
  SLV_REGION_WRAP8 = 4,  // u8 counters that wrap, 0 not executed; bitwise or, one life a slot
  SLV_REGION_FLAG32 = 5, // u32, 0 not executed; initial value 0, bitwise or
  // Go's lists of u32: 0 until the function runs, then how many counters, package, function, counters; zeros
  // between lists. Saturating sum of counters; one life a slot.
  SLV_REGION_LISTS32 = 6,
};

struct slv_region {
  uint64_t address; // link-time
  uint32_t size;    // bytes
  uint16_t kind;    // enum slv_region_kind
  uint16_t source;  // enum slv_source
};

#define SLV_REGIONS 2 // that index entries and headers of counter files have room for

enum slv_host { // interpreters that an object brings, whose programs a source records
  SLV_HOST_PYTHON = 1u << 0,
};

enum slv_use { // what the program itself does with its counters, as far as its file tells
  SLV_USE_READS = 1u << 16,
  SLV_USE_RESETS = 1u << 17,      // LLVM's: or merges a profile into them, or knows where they are
  SLV_USE_GCOV_RESETS = 1u << 18, // it calls __gcov_reset
  SLV_USE_RESOLVES = 1u << 19,    // it has ifunc resolvers, which count before anything else runs
  SLV_USE_GO_CLEARS = 1u << 20,   // it calls Go's ClearCounters, which clears them
};
#define SLV_UNUSED_BIT 24 // from here on what SLV_UNUSED_SECTION holds

// What a life found in an object: the next one opens no file. Open-addressed; `key` is claimed by
// compare-and-swap, the rest counts when `ready` is 1. Each life looks at objects with more regions than
// fit, and with gcov counters (first entry: where the units lie; kind: set of enum slv_gcov_note).
struct slv_index_entry {
  uint64_t key; // of the loaded file: build-id and program headers, or dev/ino/size/mtime/ctime
  uint64_t identity; // of the counters: a content hash
  uint32_t ready;
  uint32_t sources; // set of 1 << enum slv_source; 0: known to hold no counters
  struct slv_region region[SLV_REGIONS];
  uint32_t hosts;   // enum slv_host, enum slv_use, SLV_UNUSED_BIT
  uint32_t regions; // as many as the object has
};

#if defined(__cplusplus)
#define SLV_STATIC_ASSERT static_assert
#else
#define SLV_STATIC_ASSERT _Static_assert
#endif
SLV_STATIC_ASSERT(sizeof(struct slv_settings) == 72 + 2 * SLV_PATH_MAX + 64, "settings");
SLV_STATIC_ASSERT(sizeof(struct slv_ledger_header) == 608, "ledger header");
SLV_STATIC_ASSERT(sizeof(struct slv_cell) == 128, "cell");
SLV_STATIC_ASSERT(sizeof(struct slv_index_entry) == 64, "index entry");
SLV_STATIC_ASSERT(SLV_LEDGER_HEADER_SIZE + 64 * SLV_INDEX_ENTRIES == SLV_CELLS_OFFSET, "index");
#include "salvage_belonging.h"
#include "salvage_counters.h"
#include "salvage_forks.h"
#include "salvage_kept.h"
#include "salvage_losses.h"
#include "salvage_programs.h"
#include "salvage_python.h"
#endif
