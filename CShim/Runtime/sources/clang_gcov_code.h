// The abstract processor that reads generated functions of clang's --coverage: what is the same for all real
// ones (sources/clang_gcov_values.c), and what each tells in a file of its own.
#ifndef SLV_CLANG_GCOV_CODE_H
#define SLV_CLANG_GCOV_CODE_H

#include "base/facts.h"
#include "sources/clang_gcov.h"

// No address of a process is there.
#define SLV_STACK_TOP 0xffff900000000000ull
#define SLV_STACK_BOTTOM (SLV_STACK_TOP - SLV_CODE_STACK)
#define SLV_CODE_RETURN (SLV_STACK_TOP + 4096) // where a function returns to

// Whose code is read: that of the processor that we are built for, or one that a test names.
#if !defined(SLV_CODE_PROCESSOR)
#define SLV_CODE_PROCESSOR SLV_PROCESSOR
#endif
#define SLV_CODE_FILE(room, file) SLV_FILE_OF(SLV_CODE_PROCESSOR, room, file)

#if SLV_READS_CLANG_CODE // else everything is refused
#include SLV_CODE_FILE(sources, code.h)
#endif

// A value, and whether it is known. `refused`: nothing may go on.
struct slv_operand {
  uint64_t value;
  int known, refused;
};

static const struct slv_operand slv_operand_zero = {0, 1, 0};

enum slv_code_flags {
  SLV_FLAGS_UNKNOWN = 0,
  SLV_FLAGS_COMPARED, // as after a comparison of `left` with `right`
  SLV_FLAGS_RESULT,   // zero and sign of `left` alone
};

enum slv_condition { // numbered as x86-64 numbers them
  SLV_IF_BELOW = 1,
  SLV_IF_EQUAL = 2,
  SLV_IF_BELOW_OR_EQUAL = 3,
  SLV_IF_NEGATIVE = 4,
  SLV_IF_LESS = 6,
  SLV_IF_LESS_OR_EQUAL = 7,
};

// ---- sources/clang_gcov_values.c

// The low bytes of a value; the same with its sign. Context: any
uint64_t slv_code_cut(uint64_t value, int width);
int64_t slv_code_extended(uint64_t value, int width);

// Reads memory of the object, or the stack. Context: any
struct slv_operand slv_code_load(struct slv_code *code, struct slv_operand address, int width);

// Only the stack is written to. 0: refused. Context: any
int slv_code_store(struct slv_code *code, struct slv_operand address, struct slv_operand value,
                   int width);

// Half a register clears the other half. Context: any
struct slv_operand slv_code_get(const struct slv_code *code, int number, int width);
void slv_code_set(struct slv_code *code, int number, struct slv_operand value, int width);

// Context: any
void slv_code_set_flags(struct slv_code *code, int flags, struct slv_operand left,
                        struct slv_operand right, int width);

// Whether a condition holds; -1: that can't be known. Context: any
int slv_code_holds(const struct slv_code *code, enum slv_condition condition);

// How many bytes of code there are from `at` on; 0: there is none. Context: any
size_t slv_code_room(struct slv_code *code);

// ---- sources/clang_gcov_step.c, a processor's own

#if SLV_READS_CLANG_CODE

enum slv_code_step {
  SLV_STEP_REFUSED = 0,
  SLV_STEP_DONE,   // `at` is that of the next one
  SLV_STEP_CALL,   // the same, of the target of a call
  SLV_STEP_JUMP,   // to the target, in this function or into another one
  SLV_STEP_RETURN, // to whoever called
};

// Does what the instruction at `at` says. Context: any
enum slv_code_step slv_code_step(struct slv_code *code, uintptr_t *target);

#endif

#endif
