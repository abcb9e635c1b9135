// How units are written as text: see runtime.c.
#include <stdint.h>
#include <stdio.h>

static inline void write_unit(const char *name, uint32_t version, uint32_t stamp) {
  printf("unit %s %08x %08x\n", name, version, stamp);
}

static inline void write_function(uint32_t ident, uint32_t lines, uint32_t graph) {
  printf("function %u %08x %08x:", ident, lines, graph);
}
