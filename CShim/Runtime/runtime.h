// What the files of the injected library know of each other. One section per file.
#ifndef SLV_RUNTIME_H
#define SLV_RUNTIME_H

#include <salvage_abi.h>
#include <ucontext.h>

#include "safe/mem.h"
#include "safe/sys.h"

#define SLV_EXPORT __attribute__((visibility("default")))

// For variables that every start touches: they stand in the data segment's first page, which the
// loader's relocations have made private anyway. One page less is a fault less in each process.
#define SLV_HOT __attribute__((section(".data")))

// ---- recording.c: where this process records ------------------------------------------------------

#define SLV_FORKED 4

struct slv_forked { // hook_fork.c: of a fork by `thread`, whose child's pid comes later
  uintptr_t thread; // 0: free
  struct slv_cell *cell;
};

// Everything that the other files may read at any time; written by the constructor and in a fork child.
// What a fork writes stands together, in one page: each page that parent or child touch after a fork is
// a fault and a copy.
struct slv_process {
  int active;    // a recording was opened and this process has a cell; else every hook passes
  int quiet;     // the environment names a recording, be it open or not: no profile of LLVM's own
  int sandboxed; // a seccomp filter stands: no system call of our own (hook_sandbox.c)
  pid_t pid;     // raw; differs from slv_sys_getpid() in a vfork child, which shares this memory
  uint32_t uid;  // effective user id that `home` belongs to
  uint64_t pidns;
  uint32_t context;
  uint32_t page;         // bytes
  uint32_t settings;     // enum slv_setting
  uint64_t save_before;  // as slv_settings.save_before
  struct slv_cell *cell; // ours; never NULL when active
  uint32_t lock;         // live.c: of all objects; 0 free, 1 held
  uintptr_t stack_top;   // of the main thread's stack
  uintptr_t fork_from;   // fork_site.c: frame of a hook that is about to fork
  uintptr_t fork_thread; // hook_fork.c, guarded by `lock`: who prepared the fork under way; 0 none
  uint64_t fork_mask;
  struct slv_cell *fork_cell;
  uint32_t forks;      // of this life, guarded by `lock`; reserve.c
  uint32_t generation; // how many forks lie between the image's first life and this one
  struct slv_forked forked[SLV_FORKED];
  char root[SLV_PATH_MAX];      // the recording, as in the environment
  char home[SLV_PATH_MAX + 16]; // users/u<uid>
  char library[SLV_PATH_MAX];
};
extern struct slv_process slv_process;

// True in a child of vfork or posix_spawn that shares our memory but is another process: it must not
// write our cell or flush our counters. One system call. Context: any
int slv_is_vfork_child(void);

// ---- ledger.c: cells ------------------------------------------------------------------------------

// Takes a cell of this user's ledger and gives it an id; NULL when the disk is full or the process is
// sandboxed and a new chunk would be needed. All fields but `life` are 0. Context: any
struct slv_cell *slv_cell_take(void);

// A cell that was handed out; NULL where it has no blocks. Context: any
struct slv_cell *slv_cell_number(uint32_t number);

// Announces a life that this one is about to start. `outer_pid` and the rest stay 0 until known.
// Context: any
struct slv_cell *slv_cell_announce(enum slv_kind kind);
struct slv_cell *slv_cell_announce_fork(void);

// The announced life could not be started. Context: any
void slv_cell_cancel(struct slv_cell *cell, int error);

// Appends what an announced life runs: path and arguments (both may be NULL). Context: any
void slv_program_append(uint64_t life, const char *path, char *const argv[]);

// Writes down a wait status that this process collected: `status` as of wait(2). Context: any
void slv_reap(pid_t pid, int status);

// Writes down an event (SLV_CELL_MARK, SLV_CELL_KILL) of this life. Context: any
void slv_event(enum slv_cell_state state, pid_t pid, int status);

// Notes in our own cell how this life ends: `state` is SLV_CELL_ENDING while program code still runs
// (exit handlers), SLV_CELL_ENDED when none will. Does nothing in a vfork child. Context: any
void slv_end(enum slv_cell_state state, enum slv_cause cause, int status);

// Takes that back, after an exec that failed. Context: any
void slv_end_undo(void);

// ---- live.c, private.c: counters --------------------------------------------------------------------

// Saves what is private, by plain stores: no lock that a signal could deadlock, no system call in a sandbox.
// May run many times; each time only what is new is added. Does nothing when all is live, and in a
// vfork child. Context: any
void slv_flush(void);

// Notes in our cell that the last flush saved everything, if it did. Context: any
void slv_note_flushed(void);

// Saves what is private of the object that holds this address, and that cannot go meanwhile.
// Context: thread
void slv_flush_holding(const void *address);

// True when a flush could lose something: this life has private counters. Context: any
int slv_has_private(void);

// ---- save.c: ends ------------------------------------------------------------------------------------

// A source that must run code to be saved, where a flush is plain stores. There is one at most. It is
// called at each end that a hook or a handler of ours sees, and when this process is about to be
// killed. In a handler (`context` is not NULL; all signals are blocked) it may answer 0, "not now":
// then it has seen to it that the same signal comes to this process again, with the same siginfo, and
// the handler returns to the program. Else 1. From its registration on the life counts as private:
// its signals are chained, and who kills it asks first. Context: any
typedef int slv_saver(int signal, siginfo_t *info, ucontext_t *context);
void slv_saver_register(slv_saver *saver);
void slv_saver_fork_child(void);

// Calls it; 1 where there is none. Context: any
int slv_save_by_code(int signal, siginfo_t *info, ucontext_t *context);

// Saves everything, at an end that is no signal. Does nothing in a vfork child. Context: any
void slv_save(void);

// Before a seccomp filter comes: pages that a fork could not unshare without system calls become
// private. Context: thread
void slv_counters_enter_sandbox(void);

// Makes the fork child's state its own: cell, slots, private parts. Used by hook_fork.c.

// Fork, in three parts; see hook_fork.c. Context: thread (the child's part too)
void slv_fork_prepare(void);
void slv_fork_parent(pid_t child); // child: 0 not known (glibc's own call), < 0 it failed
void slv_fork_child(void);
void slv_fork_register(void); // of the atfork handlers; once

// Puts back the core dump filter that the program had, as another image of it will inherit it; and
// sets ours again when the exec failed. 0 when it was not changed. Context: any
uint32_t slv_core_filter_original(void);
void slv_core_filter_restore(void);
void slv_core_filter_again(void);

// ---- objects.c -------------------------------------------------------------------------------------

// Around dlclose: nobody forks while pages may go. Context: thread
void slv_objects_before_unload(void);
void slv_objects_after_unload(void);

// ---- real.c: the functions that ours stand in front of ----------------------------------------------

// The next definition after ours in the search order of the dynamic loader, as dlsym(RTLD_NEXT) finds
// it, but without its locks, its heap and its symbol version (dlsym@GLIBC_2.34). NULL when there is
// none. Context: any (after the constructor; before it, libc alone is searched)
void *slv_next(const char *name);
void slv_real_prepare(void);

// SLV_REAL(waitpid)(pid, &status, 0): looked up once, kept in a static of the calling function.
#define SLV_REAL(name)                                                            \
  ({                                                                              \
    static SLV_HOT __typeof__(name) *slv_cached;                                  \
    __typeof__(name) *slv_found = __atomic_load_n(&slv_cached, __ATOMIC_RELAXED); \
    if (slv_found == NULL) {                                                      \
      slv_found = (__typeof__(name) *)slv_next(#name);                            \
      __atomic_store_n(&slv_cached, slv_found, __ATOMIC_RELAXED);                 \
    }                                                                             \
    slv_found;                                                                    \
  })

// ---- env.c, hook_exec.c: declared in env.h ----------------------------------------------------------
// ---- hook_signal.c: declared in signals.h -----------------------------------------------------------

#endif
