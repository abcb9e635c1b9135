// Takes the place of clang's own runtime of --coverage, which Debian has for its own processor only. At exit
// it writes what the generated functions tell it, as text, to the file that GCOV_TEXT names:
//
//   unit NAME VERSION STAMP
//   function IDENT LINES GRAPH: COUNT...
//
// A program that it was never told of writes no file.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UNITS 16
static void (*writeouts[UNITS])(void);
static void (*resets[UNITS])(void);
static int units;
static FILE *text;

void llvm_gcov_init(void (*writeout)(void), void (*reset)(void));
void llvm_gcda_start_file(const char *name, uint32_t version, uint32_t stamp);
void llvm_gcda_emit_function(uint32_t ident, uint32_t lines, uint32_t graph);
void llvm_gcda_emit_arcs(uint32_t count, uint64_t *counters);
void llvm_gcda_summary_info(void);
void llvm_gcda_end_file(void);
pid_t __gcov_fork(void);

void llvm_gcov_init(void (*writeout)(void), void (*reset)(void)) {
  if (units == UNITS) abort();
  writeouts[units] = writeout;
  resets[units++] = reset;
}

void llvm_gcda_start_file(const char *name, uint32_t version, uint32_t stamp) {
  fprintf(text, "unit %s %08x %08x\n", name, version, stamp);
}

void llvm_gcda_emit_function(uint32_t ident, uint32_t lines, uint32_t graph) {
  fprintf(text, "function %u %08x %08x:", ident, lines, graph);
}

void llvm_gcda_emit_arcs(uint32_t count, uint64_t *counters) {
  for (uint32_t i = 0; i < count; i++) fprintf(text, " %llu", (unsigned long long)counters[i]);
  fprintf(text, "\n");
}

void llvm_gcda_summary_info(void) {}
void llvm_gcda_end_file(void) { fflush(text); }

// clang calls it for fork.
pid_t __gcov_fork(void) {
  pid_t child = fork();
  for (int i = 0; child == 0 && i < units; i++) resets[i]();
  return child;
}

__attribute__((destructor)) static void end(void) {
  const char *path = getenv("GCOV_TEXT");
  if (units == 0 || path == NULL || (text = fopen(path, "w")) == NULL) return;
  for (int i = 0; i < units; i++) writeouts[i]();
  fclose(text);
}
