// Reads the functions that clang's --coverage generates, without running them: registers, a small stack, and
// which values are known. What it does not know it refuses, so that no number is ever guessed.
#include "sources/clang_gcov_code.h"
#include "base/bytes.h"

#if SLV_READS_CLANG_CODE

// Whether the stack is as it was at the entry: what is jumped to then is another function. Context: any
static int is_at_entry(const struct slv_code *c) {
  struct slv_operand stack = slv_code_get(c, SLV_CODE_STACK_POINTER, 8);
#if defined(SLV_CODE_LINK)
  struct slv_operand link = slv_code_get(c, SLV_CODE_LINK, 8);
  if (!link.known || link.value != SLV_CODE_RETURN) return 0;
#endif
  return stack.known && stack.value == SLV_CODE_ENTRY;
}

// Notes what a function was called with; what it leaves in registers is not known. Context: any
static enum slv_code_result called(struct slv_code *c, uintptr_t target,
                                   struct slv_code_call *call) {
  static const int order[] = SLV_CODE_ARGUMENTS;
  *call = (struct slv_code_call){.target = target};
  for (int n = 0; n < 3; n++) {
    call->argument[n] = c->value[order[n]];
    call->known |= (c->known >> order[n] & 1) << n;
  }
  c->known &= SLV_CODE_KEPT;
  c->flags = SLV_FLAGS_UNKNOWN;
  return SLV_CODE_CALLED;
}

// Context: any
void slv_code_begin(struct slv_code *c, const struct dl_phdr_info *info, uintptr_t function,
                    uint32_t steps) {
  slv_zero(c, sizeof *c);
  c->info = info;
  c->at = function;
  c->steps = steps;
  slv_code_set(c, SLV_CODE_STACK_POINTER, (struct slv_operand){SLV_CODE_ENTRY, 1, 0}, 8);
#if defined(SLV_CODE_LINK)
  slv_code_set(c, SLV_CODE_LINK, (struct slv_operand){SLV_CODE_RETURN, 1, 0}, 8);
#endif
}

// Context: any
enum slv_code_result slv_code_next(struct slv_code *c, struct slv_code_call *call) {
  uintptr_t target = 0;
  if (c->ended) return SLV_CODE_RETURNED;
  while (c->steps != 0) {
    c->steps--;
    switch (slv_code_step(c, &target)) {
      case SLV_STEP_DONE:
        break;
      case SLV_STEP_CALL:
        return called(c, target, call);
      case SLV_STEP_JUMP:
        c->ended = is_at_entry(c);
        if (c->ended) return called(c, target, call);
        c->at = target;
        break;
      case SLV_STEP_RETURN:
        return is_at_entry(c) ? SLV_CODE_RETURNED : SLV_CODE_REFUSED;
      default:
        return SLV_CODE_REFUSED;
    }
  }
  return SLV_CODE_REFUSED;
}

#else // everything is refused

// Context: any
void slv_code_begin(struct slv_code *c, const struct dl_phdr_info *info, uintptr_t function,
                    uint32_t steps) {
  (void)c, (void)info, (void)function, (void)steps;
}

// Context: any
enum slv_code_result slv_code_next(struct slv_code *c, struct slv_code_call *call) {
  (void)c, (void)call;
  return SLV_CODE_REFUSED;
}

#endif
