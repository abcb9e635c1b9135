// The recorder of Python code: what its files know of each other.
#ifndef SLV_PYTHON_RECORDER_H
#define SLV_PYTHON_RECORDER_H

#include "process/process.h"
#include "python/host.h"

// ---- python/filter.c: which files are recorded

#define SLV_PYTHON_PATH_MAX 1024

// Reads the recording's rules, and where this interpreter has its library. Context: thread
void slv_python_filter_start(const struct slv_python *python);

// The absolute path of a code object's file, when it is to be recorded; else 0. -ENAMETOOLONG: it would be, but
// for its length. Context: thread
int slv_python_filter(const char *name, char path[SLV_PYTHON_PATH_MAX]);

// True unless that file is surely not there: code of templates and notebooks names such ones. Also for a
// file in an archive. Context: thread
int slv_python_file_is_there(const char *path);

// ---- python/arena.c: the file that all processes share

// One block of it that this process uses. Sizes are copies that were checked.
struct slv_python_view {
  unsigned char *lines, *entered, *taken;
  const struct slv_python_function *table; // what it says is checked when it is used
  const struct slv_python_branch *branches;
  uint32_t line_count, functions, branch_count;
};

// What a new block is to hold.
struct slv_python_plan {
  const char *path;
  uint64_t identity;
  uint32_t minor, lines, functions, branches, names; // names: bytes
};

// A block under construction: its tables, in the file.
struct slv_python_fresh {
  uint64_t offset;
  struct slv_python_block *block;
  unsigned char *lines;
  struct slv_python_function *functions;
  struct slv_python_branch *branches;
  char *names;
  uint32_t names_size;
};

// The number of this process's view of that block; -1 when nobody made it yet, < -1: -errno.
// Context: thread
int slv_python_arena_find(const struct slv_python_plan *plan);

// Room for a new block, then making it known: the number of the view of the one that counts, which may
// be another process's. Context: thread
int slv_python_arena_make(const struct slv_python_plan *plan, struct slv_python_fresh *fresh);
int slv_python_arena_publish(const struct slv_python_plan *plan, struct slv_python_fresh *fresh);

// The lock may have been held by a thread that the child has not. Context: any
void slv_python_fork_child(void);

// NULL for a number that is none. Context: any
struct slv_python_view *slv_python_view(uint32_t number);

// ---- python/file.c: its bytes

// 0 or -errno; `changed` where it is another file than before. Context: thread
int slv_python_file_open(int *changed);

// What it begins with; only when it is open. Context: any
struct slv_python_header *slv_python_file_header(void);

// Some bytes of it, mapped; NULL when they can't be. Context: thread
char *slv_python_file_bytes(uint64_t offset, uint64_t size);

// Gives it blocks up to `end`, counted from the data's beginning. Context: thread
int slv_python_file_grow(uint64_t end);

// ---- python/code.c: code objects

// What a code object carries with it, in one word: the view of its block, counted from 1; its place among
// the functions there; and a line of it that did not run yet, as far as is known.
#define SLV_PYTHON_VIEW_BIT 47
#define SLV_PYTHON_FUNCTION_BIT 24
#define SLV_PYTHON_FUNCTION_MASK 0x7fffffu
#define SLV_PYTHON_LINE_MASK 0xffffffu

// Makes this code object known, with all that are inside it; its extra is then set. Context: thread
int slv_python_code_start(const struct slv_python *python); // 0: not in this interpreter
void *slv_python_code_register(slv_py *code);               // NULL: not recorded
void slv_python_code_exclude(slv_py *code, void *extra);
void *slv_python_code_extra(slv_py *code); // NULL: not known

// Looks for a line of this code that nobody ran yet, and notes the last one of them: 0 when there is none.
// Context: thread
int slv_python_code_waits(slv_py *code, void *extra);

// Context: any
static inline struct slv_python_view *slv_python_view_of(void *extra) {
  uintptr_t word = (uintptr_t)extra;
  return word == 0 ? NULL : slv_python_view((uint32_t)(word >> SLV_PYTHON_VIEW_BIT) - 1);
}

// True when that is the line that slv_python_code_waits noted. Context: any
static inline int slv_python_waited_for(void *extra, long line) {
  return line == (long)((uintptr_t)extra & SLV_PYTHON_LINE_MASK);
}

// A line of this code runs. Context: any
static inline void slv_python_hit(struct slv_python_view *view, long line) {
  if (line >= 0 && (unsigned long)line < view->line_count) view->lines[line] = SLV_PYTHON_EXECUTED;
}

// Context: any
static inline uint32_t slv_python_function_of(void *extra) {
  return (uint32_t)((uintptr_t)extra >> SLV_PYTHON_FUNCTION_BIT) & SLV_PYTHON_FUNCTION_MASK;
}

// A code object begins to run. Context: any
static inline void slv_python_entered(void *extra, struct slv_python_view *view) {
  uint32_t function = slv_python_function_of(extra);
  if (function < view->functions) view->entered[function] = 1;
}

// ---- python/lines.c: tables of lines

struct slv_python_notes {
  void (*note)(void *state, int64_t line);
  void *state;
};

// Notes each line of a table, in its order, some more than once. Context: any
void slv_python_lines(int minor, const unsigned char *table, size_t size, uint32_t first,
                      const struct slv_python_notes *to);

// The line of a place in code, 0 for none; from 3.11 on. Context: any
uint32_t slv_python_line_at(const unsigned char *table, size_t size, uint32_t first, uint32_t at);

// ---- python/branches.c (3.14 and later)

// The branches of a code object, in their order; as many as there is room for are written down.
// Context: thread
uint32_t slv_python_branches(const struct slv_python *python, slv_py *code,
                             struct slv_python_branch *to, uint32_t room);

// The code went that way (0: left, 1: right) at a place of it. Context: thread
void slv_python_branch_taken(void *extra, struct slv_python_view *view, long at, int way);

// True when some branch of this code did not go both ways yet. Context: thread
int slv_python_branches_wait(void *extra, const struct slv_python_view *view);

// ---- python/monitor.c (3.12 and later), python/trace.c (3.8 to 3.11)

// The audit hook: some code of C changes the trace function of this thread (3.8 to 3.11). Context: thread
void slv_python_trace_changes(void);

// Starts recording in the current interpreter, which has that number. Context: thread
void slv_python_monitor(const struct slv_python *python, int interpreter);
void slv_python_trace(const struct slv_python *python);

#endif
