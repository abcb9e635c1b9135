// Tables of lines in code objects, as each version of CPython has them. What they hold is the program's:
// a table that is wrong gives wrong lines, and no more.
#include "python/recorder.h"

// 3.8, 3.9: pairs (bytes of code, lines); see Objects/lnotab_notes.txt of CPython. Context: any
static void lines_of_lnotab(const struct slv_python_notes *to, const unsigned char *t, size_t n,
                            int64_t line) {
  for (; n >= 2; t += 2, n -= 2) {
    if (t[0] != 0) to->note(to->state, line);
    line += (signed char)t[1];
  }
  to->note(to->state, line);
}

// 3.10: pairs (bytes of code, lines); -128: no line. Context: any
static void lines_of_linetable(const struct slv_python_notes *to, const unsigned char *t, size_t n,
                               int64_t line) {
  for (; n >= 2; t += 2, n -= 2) {
    if ((signed char)t[1] == -128) continue;
    line += (signed char)t[1];
    if (t[0] != 0) to->note(to->state, line);
  }
}

// A number of 6 bits a byte, low ones first. Context: any
static int64_t variable(const unsigned char **t, const unsigned char *end) {
  uint64_t value = 0;
  for (int shift = 0; *t < end && shift < 60; shift += 6) {
    unsigned char byte = *(*t)++;
    value |= (uint64_t)(byte & 63) << shift;
    if ((byte & 64) == 0) break;
  }
  return (int64_t)value;
}

// Context: any
static int64_t signed_variable(const unsigned char **t, const unsigned char *end) {
  int64_t value = variable(t, end);
  return value & 1 ? -(value >> 1) : value >> 1;
}

// From 3.11 on: entries with positions; see Objects/locations.md of CPython. The next one's line, 0 for
// none; its length in bytes of code. Context: any
static int64_t next_location(const unsigned char **t, const unsigned char *end, int64_t *line,
                             uint32_t *length) {
  unsigned char head = *(*t)++;
  unsigned kind = (head >> 3) & 15;
  *length = ((head & 7u) + 1) * 2;
  if (kind == 15) return 0;
  if (kind == 14 || kind == 13) *line += signed_variable(t, end);
  if (kind == 14) variable(t, end), variable(t, end), variable(t, end);
  if (kind >= 10 && kind <= 12) *line += kind - 10, *t += 2;
  if (kind < 10) ++*t;
  return *line;
}

// Context: any
static void lines_of_locations(const struct slv_python_notes *to, const unsigned char *t, size_t n,
                               int64_t line) {
  uint32_t length;
  for (const unsigned char *end = t + n; t < end;)
    to->note(to->state, next_location(&t, end, &line, &length));
}

// Context: any
uint32_t slv_python_line_at(const unsigned char *table, size_t size, uint32_t first, uint32_t at) {
  int64_t line = first;
  uint32_t from = 0, length;
  for (const unsigned char *t = table, *end = t + size; t < end; from += length) {
    int64_t here = next_location(&t, end, &line, &length);
    if (at < from + length) return here > 0 ? (uint32_t)here : 0;
  }
  return 0;
}

// Context: any
void slv_python_lines(int minor, const unsigned char *table, size_t size, uint32_t first,
                      const struct slv_python_notes *to) {
  if (minor >= 11) lines_of_locations(to, table, size, first);
  else if (minor == 10) lines_of_linetable(to, table, size, first);
  else lines_of_lnotab(to, table, size, first);
}
