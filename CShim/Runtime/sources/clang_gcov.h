// clang's --coverage keeps no table of its counters from -O1 on: each unit has a generated function that
// hands them to its runtime, call by call. Here that function is read without running it.
#ifndef SLV_CLANG_GCOV_H
#define SLV_CLANG_GCOV_H

#include <link.h>
#include <stddef.h>
#include <stdint.h>

// ---- sources/clang_gcov_code.c: an abstract processor, which knows few instructions and refuses others.

#define SLV_CODE_STACK 512u

struct slv_code {
  const struct dl_phdr_info *info;
  uintptr_t low, high;           // of the code segment that `at` is in
  uintptr_t data_low, data_high; // of the segment that was read last
  uintptr_t at;                  // the next instruction
  uint64_t value[32];            // of registers
  uint32_t known;                // set of registers whose value is known
  uint64_t left, right;          // what was compared last
  int width;                     // of these, in bytes
  int flags;                     // enum slv_code_flags
  int ended;                     // its last call was a jump
  uint32_t steps;                // that are left
  unsigned char stack[SLV_CODE_STACK];
  unsigned char is_known[SLV_CODE_STACK]; // by bytes of `stack`
};

struct slv_code_call {
  uintptr_t target;
  uint64_t argument[3];
  uint32_t known; // set of arguments whose value is known
};

enum slv_code_result { SLV_CODE_REFUSED = -1, SLV_CODE_RETURNED = 0, SLV_CODE_CALLED = 1 };

// Begins at a function of a loaded object; it may take so many steps. Context: any
void slv_code_begin(struct slv_code *code, const struct dl_phdr_info *info, uintptr_t function,
                    uint32_t steps);

// Goes on to the next call, which is not followed: what it answers is not known. Where an instruction is not
// known, or something hangs on a value that is not, it is refused. Context: any
enum slv_code_result slv_code_next(struct slv_code *code, struct slv_code_call *call);

// ---- sources/clang_gcov_units.c: what the generated functions say.

#define SLV_CLANG_FILES 8u

// A generated constructor: one compiled module, nearly always of one file.
struct slv_clang_unit {
  uintptr_t slot; // of the object's list of constructors, which leads to it
  uintptr_t writeout, reset;
  uint32_t files;
  uint32_t functions[SLV_CLANG_FILES];
};

struct slv_clang_function {
  uint32_t ident, lineno_checksum, cfg_checksum, count;
  uintptr_t values; // 0: a function has begun, and its counters were not told yet
};

struct slv_clang_file {
  const char *name;
  size_t name_length;
  uint32_t version, stamp, number; // number: in its unit
};

// What to do with what is read; each may be NULL. Context: thread
struct slv_clang_visitor {
  void (*file)(void *state, const struct slv_clang_unit *unit, const struct slv_clang_file *file);
  void (*function)(void *state, const struct slv_clang_function *function);
  void *state;
};

// The functions of the runtime that the object has in it; 0: not met yet.
struct slv_clang_runtime {
  uintptr_t init, start, function, arcs, summary, end;
};

struct slv_clang_image {
  const struct dl_phdr_info *info;
  uintptr_t slots; // the object's list of constructors
  uint32_t count, next;
  struct slv_clang_runtime runtime;
  int refused; // of a unit not all is known
};

// Begins with the constructors of an object; 0: it has none. Context: any
int slv_clang_begin(struct slv_clang_image *image, const struct dl_phdr_info *info);

// The next unit of which all is known; 0: there is no more. Context: thread
int slv_clang_next(struct slv_clang_image *image, struct slv_clang_unit *unit);

// Tells the visitor what is in a unit. Context: thread
void slv_clang_visit(struct slv_clang_image *image, struct slv_clang_unit *unit,
                     const struct slv_clang_visitor *visitor);

// Whether an address is that of a constructor's slot, which leads to code of the object. Context: any
int slv_clang_is_slot(const struct slv_clang_image *image, uintptr_t address);

// ---- sources/clang_gcov.c, for gcov.c
struct slv_file;
struct slv_found;
struct slv_kept;

// Adds the object's units to `found`, notes the slots that are to be emptied, and answers how many units there
// are. Context: thread
int slv_clang_gcov_find(const struct slv_file *file, struct slv_found *found, uint64_t *hash);
// The constructors have run: finds what they made known. 0: not all of it is known. Context: thread
int slv_clang_gcov_know(struct slv_found *found);
// Notes one slot that an earlier life found. 0: it can't be one. Context: thread
int slv_clang_gcov_take_listed(const struct slv_file *file, struct slv_found *found,
                               uintptr_t address);
// Empties the slots: from here on the runtime hears of no unit. 0: they can't be written. Context: thread
int slv_clang_gcov_take(const struct slv_found *found);
// The units are kept, or the slots are as they were. Context: thread
void slv_clang_gcov_settle(struct slv_found *found, int taken);
// Link-time addresses of the slots; answers where the next one goes. Context: thread
uint64_t *slv_clang_gcov_units(const struct slv_found *found, uintptr_t bias, uint64_t *to);
// Writes what a report needs of the units; `number` is that of the next file. Context: thread
uint32_t slv_clang_gcov_describe(const struct slv_file *file, struct slv_kept *units,
                                 struct slv_kept *notes, uint32_t number);

#endif
