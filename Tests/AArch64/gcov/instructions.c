// What processors/aarch64/sources/step.h makes of instructions that compute or load is what the processor makes of them:
// random ones, with random values, are executed by both. To be run on aarch64, in an emulator too:
// instructions HOW-MANY.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/bytes.h"
#include "processors/aarch64/sources/fields.h"

#define REGISTERS 16 // x0 to x15
#define SLOTS 2
#define BASE 15 // of loads: in the middle of the data
#define INDEX 14
#define DATA (1u << 17)

struct machine {
  uint64_t value[REGISTERS], flags;
};

// Loads registers and flags out of a machine, executes what is put into the places of the nops, and stores them.
void frame(struct machine *machine);
extern uint32_t frame_slots[], frame_end[];
__asm__(
    ".text\n.balign 4\nframe:\n"
    "stp x0, x30, [sp, #-16]!\nmov x17, x0\nldr x16, [x17, #128]\nmsr nzcv, x16\n"
    "ldp x0, x1, [x17]\nldp x2, x3, [x17, #16]\nldp x4, x5, [x17, #32]\nldp x6, x7, [x17, #48]\n"
    "ldp x8, x9, [x17, #64]\nldp x10, x11, [x17, #80]\nldp x12, x13, [x17, #96]\nldp x14, x15, [x17, #112]\n"
    "frame_slots:\nnop\nnop\n"
    "mrs x16, nzcv\nstr x16, [x17, #128]\n"
    "stp x0, x1, [x17]\nstp x2, x3, [x17, #16]\nstp x4, x5, [x17, #32]\nstp x6, x7, [x17, #48]\n"
    "stp x8, x9, [x17, #64]\nstp x10, x11, [x17, #80]\nstp x12, x13, [x17, #96]\nstp x14, x15, [x17, #112]\n"
    "ldp x0, x30, [sp], #16\nret\nframe_end:\n");

static uint64_t state = 88172645463325252ull;

static uint64_t random_word(void) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

// Often one at which something overflows, or is equal.
static uint64_t random_value(void) {
  static const uint64_t edges[] = {0,          1,          2,          0x7fffffff, 0x80000000,
                                   0xffffffff, 1ull << 63, ~0ull >> 1, ~0ull};
  uint64_t r = random_word();
  return r & 1 ? random_word() : edges[(r >> 1) % 9];
}

// The groups that are taken; what is not of a group is refused, or never asked of the processor.
static const uint32_t groups[][2] = {
    {0x10000000, 0x1f000000}, {0x11000000, 0x1f800000}, {0x12000000, 0x1f800000},
    {0x12800000, 0x1f800000}, {0x13000000, 0x1f800000}, {0x0a000000, 0x1f000000},
    {0x0b000000, 0x1f200000}, {0x0b200000, 0x1fe00000}, {0x1a800000, 0x3fe00000},
    {0x1b000000, 0x7f000000},
};

static const uint32_t loads[][2] = {
    {0x28400000, 0x3e400000}, {0x39000000, 0x3f000000}, {0x38000000, 0x3f200000},
    {0x38200800, 0x3f200c00}, {0x18000000, 0x3f000000},
};

static uint32_t random_number(uint32_t word, int low) {
  uint32_t number = word >> low & 31;
  return (word & ~(31u << low)) | (number & 16 ? 31u : number) << low;
}

// From where there is something: constants of the code, or data.
static uint32_t random_load(void) {
  for (;;) {
    uint64_t r = random_word();
    const uint32_t *group = loads[(r >> 32) % (sizeof loads / sizeof *loads)];
    uint32_t word = random_number(((uint32_t)r & ~group[1]) | group[0], 0), to = word & 31;
    if (group[0] == 0x18000000) return word & 0xff000fffu;
    word = (word & ~(31u << 5)) | BASE << 5;
    if (group[0] == 0x38200800) word = (word & ~(31u << 16)) | INDEX << 16;
    if (group[0] == 0x28400000) {
      word = random_number(word, 10);
      if ((word >> 10 & 31) == to || (word >> 10 & 31) == BASE) continue; // not predictable
    } else if ((word >> 22 & 3) == 0) continue;                           // stores
    if (to != BASE) return word;
  }
}

// With registers of the machine alone, and zero; none where that is the stack pointer.
static uint32_t random_instruction(void) {
  if (random_word() % 4 == 0) return random_load();
  for (;;) {
    uint64_t r = random_word();
    const uint32_t *group = groups[(r >> 32) % (sizeof groups / sizeof *groups)];
    uint32_t word = ((uint32_t)r & ~group[1]) | group[0];
    word = random_number(word, 0);
    if ((group[0] & 0x1f000000) != 0x10000000 && group[0] != 0x12800000)
      word = random_number(word, 5);
    if (group[0] == 0x12800000 && (word & 31) == 31) continue;
    if ((group[0] >> 24 & 0x0f) > 0x09 && (group[0] >> 24 & 0x1f) < 0x10)
      word = random_number(word, 16);
    if (group[0] >> 24 >= 0x1a) word = random_number(random_number(word, 16), 10);
    int stack = group[0] == 0x11000000 || group[0] == 0x12000000 || group[0] == 0x0b200000;
    if (stack && ((word & 31) == 31 || (word >> 5 & 31) == 31)) continue;
    return word;
  }
}

static void fail(const char *what, const uint32_t *code, uint64_t got, uint64_t wanted) {
  printf("%08x %08x: %s %llx, should be %llx\n", code[0], code[1], what, (unsigned long long)got,
         (unsigned long long)wanted);
  exit(1);
}

static int is_true(uint64_t flags, uint32_t condition) {
  int n = flags >> 31 & 1, z = flags >> 30 & 1, c = flags >> 29 & 1, v = flags >> 28 & 1;
  const int all[] = {z, c, n, v, c && !z, n == v, n == v && !z, 1};
  return condition == 15 ? 1 : all[condition >> 1] ^ (int)(condition & 1);
}

// Two instructions of one line of the cache, or of two.
static void renew(const uint32_t *at) {
  for (int n = 0; n < SLOTS; n++)
    __asm__ volatile("dc cvau, %0\ndsb ish\nic ivau, %0\ndsb ish\nisb" ::"r"(at + n) : "memory");
}

int main(int count, char **words) {
  long wanted = count > 1 ? atol(words[1]) : 1000, taken = 0, conditions = 0;
  static uint64_t data[DATA / 8];
  uintptr_t target;
  size_t bytes = (size_t)((char *)frame_end - (char *)frame);
  uint32_t *code =
      mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (code == MAP_FAILED) return 2;
  for (unsigned n = 0; n < DATA / 8; n++) data[n] = random_word();
  memcpy(code, (const void *)frame, bytes);
  uint32_t *slot = code + (frame_slots - (uint32_t *)frame);
  ElfW(Phdr) segments[] = {
      {.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = (uintptr_t)code, .p_memsz = 4096},
      {.p_type = PT_LOAD, .p_flags = PF_R, .p_vaddr = (uintptr_t)data, .p_memsz = DATA}};
  struct dl_phdr_info info = {.dlpi_phdr = segments, .dlpi_phnum = 2};
  while (taken < wanted) {
    struct machine machine;
    struct slv_code c = {.info = &info, .flags = SLV_FLAGS_UNKNOWN, .known = 0xffff};
    for (int n = 0; n < REGISTERS; n++) machine.value[n] = random_value();
    machine.value[BASE] = (uintptr_t)data + DATA / 2;
    machine.value[INDEX] = random_word() & 1
                               ? (uint64_t)(int8_t)random_word()
                               : (random_word() << 32) + (uint32_t)(int8_t)random_word();
    memcpy(c.value, machine.value, sizeof machine.value);
    machine.flags = random_word() & 0xf0000000;
    for (int n = 0; n < SLOTS; n++) slot[n] = random_instruction();
    c.at = (uintptr_t)slot;
    if (slv_code_step(&c, &target) != SLV_STEP_DONE || slv_code_step(&c, &target) != SLV_STEP_DONE)
      continue;
    renew(slot);
    ((void (*)(struct machine *))(uintptr_t)code)(&machine);
    for (int n = 0; n < REGISTERS; n++) {
      if (!(c.known >> n & 1)) fail("not known, register", slot, (uint64_t)n, 0);
      if (c.value[n] != machine.value[n]) fail("value", slot, c.value[n], machine.value[n]);
    }
    for (uint32_t n = 0; n < 16; n++) {
      int holds = slv_arm64_holds(&c, n);
      if (holds < 0) continue;
      conditions += n < 14;
      if (holds != is_true(machine.flags, n)) fail("condition", slot, (uint64_t)holds, n);
    }
    taken++;
  }
  printf("%ld pairs of instructions, %ld conditions\n", taken, conditions);
  return conditions < wanted ? 1 : 0;
}
