// The code of x86-64 that makes a Go package known. Of sources/go_code.c.
#ifndef SLV_PROCESSOR_GO_CODE_H
#define SLV_PROCESSOR_GO_CODE_H

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

#endif
