// Memory and text without libc: ASan intercepts memcpy and checks it against the program's shadow.
#ifndef SLV_MEM_H
#define SLV_MEM_H

#include <stddef.h>
#include <stdint.h>

// Context: any
void slv_copy(void *to, const void *from, size_t bytes);
void slv_zero(void *to, size_t bytes);
int slv_equal(const void *a, const void *b, size_t bytes); // 1 when equal
int slv_is_zero(const void *at, size_t bytes);             // 1 when all are 0; whole words
size_t slv_length(const char *text);
int slv_same(const char *a, const char *b);                  // 1 when equal
int slv_starts(const char *text, const char *prefix);        // 1 when it does
const char *slv_basename(const char *path);                  // part after the last slash
char *slv_hex(char *to, uint64_t value, int digits);         // returns the end, no NUL
char *slv_decimal(char *to, uint64_t value);                 // returns the end, no NUL
char *slv_text(char *to, const char *end, const char *text); // appends, returns the end; NUL kept
int slv_parse_hex(const char *text, int digits, uint64_t *value); // 1 when all are hex digits

#endif
