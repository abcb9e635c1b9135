// Reads the functions that clang's --coverage generates, without running them: registers, a small stack, and
// which values are known. What it does not know it refuses, so that no number is ever guessed.
#include "base/bytes.h"
#include "sources/clang_gcov_x86.h"

#if defined(__x86_64__)

// Notes what a function was called with; what it leaves in registers is not known. Context: any
static enum slv_code_result called(struct slv_code *c, uintptr_t target,
                                   struct slv_code_call *call) {
  static const int order[] = {RDI, RSI, RDX};
  *call = (struct slv_code_call){.target = target};
  for (int n = 0; n < 3; n++) {
    call->argument[n] = c->value[order[n]];
    call->known |= (c->known >> order[n] & 1) << n;
  }
  c->known &= 1u << RBX | 1u << RSP | 1u << RBP | 0xf000u; // those that a function keeps
  c->flags = SLV_FLAGS_UNKNOWN;
  return SLV_CODE_CALLED;
}

// Whether the stack is as it was at the entry: what is jumped to then is another function. Context: any
static int is_at_entry(const struct slv_code *c) {
  return (c->known >> RSP & 1) && c->value[RSP] == SLV_CODE_ENTRY;
}

// 1: it was one that stays in the function, 0: another, -1: refused. Context: any
static int jump(struct slv_code *c, const struct slv_instruction *i, uintptr_t next) {
  unsigned high = i->code & ~0xfu;
  int taken = 1;
  if (high == 0x70 || high == 0x0f80) taken = slv_code_is_taken(c, i->code & 15);
  else if ((i->code != 0xe9 && i->code != 0xeb) || is_at_entry(c)) return 0;
  if (taken < 0) return -1;
  c->at = taken ? next + (uintptr_t)i->immediate : next;
  return 1;
}

// The next instruction. 0: it is not known, or not of the object. Context: any
static int fetch(struct slv_code *c, struct slv_instruction *i) {
  unsigned char copy[SLV_INSTRUCTION_BYTES] = {0};
  if (c->steps == 0 || ((c->at < c->low || c->at >= c->high) &&
                        !slv_code_segment(c->info, PF_R | PF_X, c->at, &c->low, &c->high)))
    return 0;
  c->steps--;
  size_t room = c->high - c->at;
  if (room >= sizeof copy) return slv_instruction_decode((const unsigned char *)c->at, i);
  __builtin_memcpy(copy, (const void *)c->at, room);
  return slv_instruction_decode(copy, i) && i->length <= room;
}

// Context: any
void slv_code_begin(struct slv_code *c, const struct dl_phdr_info *info, uintptr_t function,
                    uint32_t steps) {
  slv_zero(c, sizeof *c);
  c->info = info;
  c->at = function;
  c->steps = steps;
  c->value[RSP] = SLV_CODE_ENTRY;
  c->known = 1u << RSP;
}

// Context: any
enum slv_code_result slv_code_next(struct slv_code *c, struct slv_code_call *call) {
  struct slv_instruction i;
  if (c->ended) return SLV_CODE_RETURNED;
  while (fetch(c, &i)) {
    uintptr_t next = c->at + i.length;
    int jumped = jump(c, &i, next);
    if (jumped < 0) break;
    if (jumped) continue;
    if (i.code == 0xc3) return is_at_entry(c) ? SLV_CODE_RETURNED : SLV_CODE_REFUSED;
    if (i.code == 0xe8 || i.code == 0xe9 || i.code == 0xeb) {
      c->ended = i.code != 0xe8;
      c->at = next;
      return called(c, next + (uintptr_t)i.immediate, call);
    }
    if (!slv_instruction_execute(c, &i)) break;
    c->at = next;
  }
  return SLV_CODE_REFUSED;
}

#else // no other processor is known: everything is refused

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
