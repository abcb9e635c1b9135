// Reads the code that makes a Go package known: a call of addCovMeta in the package's `init`, with the address of
// the meta-data (cmd/compile/internal/coverage, `registerMeta`), its bytes, its hash, the package's path, and
// the number, mode and granularity that are checked here.
#include "base/bytes.h"
#include "sources/clang_gcov_arm64.h"
#include "sources/go_module.h"

#if defined(__x86_64__) || defined(__aarch64__)

// Where the function at `start` ends: where the next one begins. Context: thread
static uint64_t end_of(const struct slv_go_module *m, uint64_t start) {
  uint64_t text = m->words[SLV_GO_TEXT], low = 0, high = m->words[SLV_GO_FUNCTIONS + 1];
  const uint32_t(*list)[2] = slv_go_at(m->file, m->words[SLV_GO_FUNCTIONS], high * 8);
  if (list == NULL || high > UINT32_MAX) return start;
  while (low < high) {
    uint64_t middle = low + (high - low) / 2;
    if (text + list[middle][0] > start) high = middle;
    else low = middle + 1;
  }
  uint64_t end =
      low < m->words[SLV_GO_FUNCTIONS + 1] ? text + list[low][0] : m->words[SLV_GO_TEXT_END];
  return end <= m->words[SLV_GO_TEXT_END] && slv_go_at(m->file, start, end - start) != NULL ? end
                                                                                            : start;
}

// Meta-data (internal/coverage, `MetaSymbolHeader`): u32 bytes, three names, hash[16], u32 0, files, functions;
// then the place of each function, ascending. Its bytes; 0: it is none. Context: thread
static uint32_t meta_size(const struct slv_file *file, const char *meta) {
  const uint32_t *head = slv_go_at(file, (uintptr_t)meta, 44);
  if (head == NULL || ((uintptr_t)meta & 3) != 0) return 0;
  uint32_t bytes = head[0], functions = head[10], before = 0;
  if (bytes < 44 || head[8] != 0 || functions > (bytes - 44) / 4 ||
      slv_go_at(file, (uintptr_t)meta, bytes) == NULL)
    return 0;
  for (uint32_t i = 0; i < functions; i++) {
    uint32_t place = head[11 + i];
    if (place >= bytes || place < 44 + 4 * functions || place <= before) return 0;
    before = place;
  }
  return bytes;
}

// Packages of Go's runtime alone have numbers before their time. Context: any
static int are_arguments(const struct slv_go_package *head) {
  return head->number < 0 && head->mode >= 1 && head->mode <= 4 && head->granularity >= 1 &&
         head->granularity <= 2;
}

#if defined(__x86_64__)

// Context: any
static uint32_t word_at(const unsigned char *code) {
  uint32_t word;
  __builtin_memcpy(&word, code, sizeof word);
  return word;
}

#define CALL 64u // bytes that the rest of the arguments are set within

// The arguments of addCovMeta behind its first: mov $imm,%esi (the number), %r8d (mode), %r9d (granularity,
// or a copy of the mode). Context: thread
static int read_arguments(const unsigned char *code, const unsigned char *end,
                          struct slv_go_package *head) {
  if (end - code > CALL) end = code + CALL;
  head->number = 0;
  head->mode = head->granularity = 0;
  for (; code + 7 <= end && head->granularity == 0; code++) {
    uint32_t two = code[0] | (uint32_t)code[1] << 8;
    if (two == 0xc748 && code[2] == 0xc6) head->number = (int32_t)word_at(code + 3);
    else if (two == 0xb841) head->mode = word_at(code + 2);
    else if (two == 0xb941) head->granularity = word_at(code + 2);
    else if (two == 0x8945 && code[2] == 0xc1) head->granularity = head->mode;
  }
  return are_arguments(head);
}

// Context: any
static int holds(const unsigned char *code, const unsigned char *end, const char *eight) {
  for (; code + 8 <= end; code++)
    if (code[0] == (unsigned char)eight[0] && slv_equal(code, eight, 8)) return 1;
  return 0;
}

// Looks for `lea meta(%rip), register` in a function that hands the meta-data's hash on, too. Context: thread
int slv_go_read_function(const struct slv_go_module *m, uint64_t start, struct slv_go_meta *meta) {
  const unsigned char *code = (const unsigned char *)start;
  const unsigned char *end = (const unsigned char *)end_of(m, start);
  for (const unsigned char *p = code; p + 7 <= end; p++) {
    if ((p[0] & 0xfb) != 0x48 || p[1] != 0x8d || (p[2] & 0xc7) != 0x05) continue;
    meta->bytes = (const char *)p + 7 + (int32_t)word_at(p + 3);
    meta->head.bytes = meta_size(m->file, meta->bytes);
    if (meta->head.bytes == 0 || !holds(code, end, meta->bytes + SLV_GO_HASH)) continue;
    return read_arguments(p + 7, end, &meta->head) ? 1 : -1;
  }
  return 0;
}

#elif defined(__aarch64__)

// Numbers and addresses that code makes without a look at memory: adrp, add, mov. Of all other instructions it
// is only known that they change registers. 0: it is none such. Context: any
static int follow(struct slv_code *c) {
  uint32_t word;
  __builtin_memcpy(&word, (const void *)c->at, sizeof word);
  int known = slv_arm64_bits(word, 26, 3) == 4    ? slv_arm64_immediate(c, word)
              : (word & 0x7fe0ffe0) == 0x2a0003e0 ? slv_arm64_registers(c, word) // mov
                                                  : 0;
  if (!known) c->known &= ~(1u << slv_arm64_bits(word, 0, 5) | 1u << slv_arm64_bits(word, 10, 5));
  c->at += 4;
  return known;
}

// Whether the address of the sixteen bytes of a hash is made in code: they are data. Context: thread
static int makes_hash(const struct slv_go_module *m, uint64_t code, uint64_t end,
                      const char *hash) {
  struct slv_code c = {.at = code};
  while (c.at < end) {
    int number = (int)slv_arm64_bits(*(const uint32_t *)c.at, 0, 5);
    if (!follow(&c) || !(c.known >> number & 1)) continue;
    const char *bytes = slv_go_at(m->file, c.value[number], SLV_GO_HASH);
    if (bytes != NULL && bytes != hash && slv_equal(bytes, hash, SLV_GO_HASH)) return 1;
  }
  return 0;
}

// The arguments are in registers: x0 meta-data, w1 its bytes, x2 and x3 a path, x4 number, w5 mode, w6 granularity. The
// hash is on the stack. Context: thread
int slv_go_read_function(const struct slv_go_module *m, uint64_t start, struct slv_go_meta *meta) {
  enum { NEEDED = 1 << 0 | 1 << 1 | 1 << 4 | 1 << 5 | 1 << 6 };
  uint64_t end = end_of(m, start) & ~3ull;
  struct slv_code c = {.at = start};
  while (c.at < end) {
    uint32_t word = *(const uint32_t *)c.at;
    if ((word >> 26) != 0x25) { // bl
      follow(&c);
      continue;
    }
    meta->bytes = (const char *)(uintptr_t)c.value[0];
    meta->head.bytes = c.known & 1 ? meta_size(m->file, meta->bytes) : 0;
    if (meta->head.bytes != 0 && makes_hash(m, start, end, meta->bytes + SLV_GO_HASH)) {
      meta->head.number = (int32_t)c.value[4];
      meta->head.mode = (uint8_t)c.value[5];
      meta->head.granularity = (uint8_t)c.value[6];
      return (c.known & NEEDED) == NEEDED && (uint32_t)c.value[1] == meta->head.bytes &&
                     are_arguments(&meta->head)
                 ? 1
                 : -1;
    }
    c.known = 0;
    c.at += 4;
  }
  return 0;
}

#endif

#else

// The code of other processors is not known. Context: thread
int slv_go_read_function(const struct slv_go_module *m, uint64_t start, struct slv_go_meta *meta) {
  (void)m, (void)start, (void)meta;
  return 0;
}

#endif
