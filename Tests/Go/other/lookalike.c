// Not Go's, with what a Go program has: its notes, and module data that leads to counters within the object, or, by
// the macro, out of it.
#include <stdint.h>
#include <stdio.h>

static const uint32_t table[16] = {0xfffffff1u, 0x08010000u};
static uint32_t counters[64] = {3, 1, 0, 7, 7, 7};
extern const char code[] __asm__("main");

__attribute__((used, section(".go.buildinfo"))) static char note[32] = "\xff Go buildinf:";
__attribute__((used, section(".noptrdata"))) static const void *module[80] = {
    [0] = table, [22] = code, [23] = code + 64, [30] = counters, [31] = counters + 64,
#ifdef OUTSIDE
    [32] = counters, [33] = counters + (1 << 20),
#else
    [32] = counters, [33] = counters + 6,
#endif
    [37] = counters, [38] = (void *)1, [39] = (void *)1,
};

int main(void) {
  printf("%u\n", counters[5]);
  return 4;
}
