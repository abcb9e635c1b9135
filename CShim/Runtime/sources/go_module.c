// Finds the module data of a Go program, and reads which packages count out of the code that starts them.
//
// The module data (runtime/symtab.go, `moduledata`) is what Go's runtime itself goes by, so strip leaves it.
// Its first words are the same from Go 1.21 to 1.27; what comes behind them moves, and is recognised by what
// it holds. A package's number is given at run time: it is the place of its call of addCovMeta among those
// of all packages. Each such call stands in the package's `init`, with the address of the meta-data
// (cmd/compile/internal/coverage, `registerMeta`).
#include "base/hash.h"
#include "sources/go_module.h"

enum { // words of the module data
  TABLE = 0,
  FILES = 7, // names of source files: address, bytes
  FUNCTIONS =
      16, // pairs of u32, by address: a function's place behind TEXT, and more; address, count
  TEXT = 22,
  TEXT_END = 23,
  DATA = 30, // .noptrbss, with the counters at its end
  DATA_END = 31,
  COUNTERS = 32,
  COUNTERS_END = 33,
  MOVING = 37, // from here on each version has its own order
  WORDS = 70,
};

#define MAGIC 0xfffffff1u // of the table of functions, since Go 1.20
#define TASKS_MAX (1u << 20)

// Memory of the object at a run-time address; NULL where it has none there. Context: thread
static const void *at(const struct slv_file *file, uint64_t address, uint64_t bytes) {
  return slv_in_segment(file->info, address - file->bias, bytes, PF_R) ? (const void *)address
                                                                       : NULL;
}

// Context: thread
static int is_module(const struct slv_file *file, const uint64_t *words) {
  const unsigned char *table = at(file, words[TABLE], 8);
  if (table == NULL || *(const uint32_t *)(const void *)table != MAGIC || table[4] != 0 ||
      table[5] != 0 || table[7] != sizeof(void *))
    return 0;
  return words[TEXT] < words[TEXT_END] && words[DATA] <= words[COUNTERS] &&
         words[COUNTERS] <= words[COUNTERS_END] && words[COUNTERS_END] <= words[DATA_END];
}

// One that starts a package: a state, how many functions, and their addresses. Context: thread
static const uint64_t *functions_of(const struct slv_go_module *m, uint64_t task, uint32_t *count) {
  const uint32_t *head = at(m->file, task, 8);
  if (head == NULL || head[0] > 2 || head[1] == 0 || head[1] > TASKS_MAX) return NULL;
  *count = head[1];
  return at(m->file, task + 8, *count * 8ull);
}

// Context: thread
static int are_tasks(const struct slv_go_module *m, const uint64_t *tasks, uint64_t count) {
  for (uint64_t i = 0; i < count; i++) {
    uint32_t functions = 0;
    const uint64_t *list = functions_of(m, tasks[i], &functions);
    if (list == NULL) return 0;
    for (uint32_t f = 0; f < functions; f++)
      if (list[f] < m->words[TEXT] || list[f] >= m->words[TEXT_END]) return 0;
  }
  return 1;
}

// A slice: address, count, room. Context: thread
static void find_tasks(struct slv_go_module *m) {
  for (int w = MOVING; w + 2 < WORDS; w++) {
    uint64_t count = m->words[w + 1];
    if (count == 0 || count > TASKS_MAX || m->words[w + 2] != count) continue;
    const uint64_t *tasks = at(m->file, m->words[w], count * 8);
    if (tasks == NULL || (m->words[w] & 7) != 0 || !are_tasks(m, tasks, count)) continue;
    m->tasks = tasks;
    m->task_count = count;
    return;
  }
}

// Since Go 1.26 it has a section of its own; before, it lies in one. Context: thread
static const uint64_t *search(const struct slv_file *file) {
  const Elf64_Shdr *section = slv_section(file, ".go.module");
  if (section == NULL) section = slv_section(file, ".noptrdata");
  if (section == NULL || (section->sh_addr & 7) != 0) return NULL;
  const uint64_t *words = slv_section_memory(file, section);
  for (uint64_t i = 0; words != NULL && (i + WORDS) * 8 <= section->sh_size; i++)
    if (is_module(file, words + i)) return words + i;
  return NULL;
}

// Context: thread
int slv_go_module_find(const struct slv_file *file, struct slv_go_module *m) {
  const uint64_t *words = search(file);
  if (words == NULL) return 0;
  *m = (struct slv_go_module){.file = file, .words = words};
  m->counters = words[COUNTERS] - file->bias;
  m->size = words[COUNTERS_END] - words[COUNTERS];
  m->names_size = words[FILES + 1];
  m->names = at(file, words[FILES], m->names_size);
  if (m->size != 0) find_tasks(m);
  return 1;
}

#if defined(__x86_64__)

// Where the function at `start` ends: where the next one begins. Context: thread
static uint64_t end_of(const struct slv_go_module *m, uint64_t start) {
  uint64_t text = m->words[TEXT], low = 0, high = m->words[FUNCTIONS + 1];
  const uint32_t(*list)[2] = at(m->file, m->words[FUNCTIONS], high * 8);
  if (list == NULL || high > UINT32_MAX) return start;
  while (low < high) {
    uint64_t middle = low + (high - low) / 2;
    if (text + list[middle][0] > start) high = middle;
    else low = middle + 1;
  }
  uint64_t end = low < m->words[FUNCTIONS + 1] ? text + list[low][0] : m->words[TEXT_END];
  return end <= m->words[TEXT_END] && at(m->file, start, end - start) != NULL ? end : start;
}

// Meta-data (internal/coverage, `MetaSymbolHeader`): u32 bytes, three names, hash[16], u32 0, files, functions;
// then the place of each function, ascending. Its bytes; 0: it is none. Context: thread
static uint32_t meta_size(const struct slv_file *file, const char *meta) {
  const uint32_t *head = at(file, (uintptr_t)meta, 44);
  if (head == NULL || ((uintptr_t)meta & 3) != 0) return 0;
  uint32_t bytes = head[0], functions = head[10], before = 0;
  if (bytes < 44 || head[8] != 0 || functions > (bytes - 44) / 4 ||
      at(file, (uintptr_t)meta, bytes) == NULL)
    return 0;
  for (uint32_t i = 0; i < functions; i++) {
    uint32_t place = head[11 + i];
    if (place >= bytes || place < 44 + 4 * functions || place <= before) return 0;
    before = place;
  }
  return bytes;
}

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
  return head->number < 0 && head->mode >= 1 && head->mode <= 4 && head->granularity >= 1 &&
         head->granularity <= 2;
}

// Context: any
static int holds(const unsigned char *code, const unsigned char *end, const char *eight) {
  for (; code + 8 <= end; code++)
    if (code[0] == (unsigned char)eight[0] && slv_equal(code, eight, 8)) return 1;
  return 0;
}

// Looks for `lea meta(%rip), register` in a function that hands the meta-data's hash on, too. 1: it is there,
// 0: it is not, -1: it is, and in no known form. Context: thread
static int read_function(const struct slv_go_module *m, uint64_t start, struct slv_go_meta *meta) {
  const unsigned char *code = (const unsigned char *)start;
  const unsigned char *end = (const unsigned char *)end_of(m, start);
  for (const unsigned char *p = code; p + 7 <= end; p++) {
    if ((p[0] & 0xfb) != 0x48 || p[1] != 0x8d || (p[2] & 0xc7) != 0x05) continue;
    meta->bytes = (const char *)p + 7 + (int32_t)word_at(p + 3);
    meta->head.bytes = meta_size(m->file, meta->bytes);
    if (meta->head.bytes == 0 || !holds(code, end, meta->bytes + 16)) continue;
    return read_arguments(p + 7, end, &meta->head) ? 1 : -1;
  }
  return 0;
}

#else

// The code of other processors is not known. Context: thread
static int read_function(const struct slv_go_module *m, uint64_t start, struct slv_go_meta *meta) {
  (void)m, (void)start, (void)meta;
  return 0;
}

#endif

// Context: thread
int slv_go_packages(const struct slv_go_module *m,
                    void (*each)(void *state, const struct slv_go_meta *meta), void *state) {
  int packages = 0;
  for (uint64_t i = 0; i < m->task_count; i++) {
    uint32_t functions = 0;
    const uint64_t *list = functions_of(m, m->tasks[i], &functions);
    for (uint32_t f = 0; list != NULL && f < functions; f++) {
      struct slv_go_meta meta = {.bytes = NULL};
      int found = read_function(m, list[f], &meta);
      if (found < 0) return -1;
      if (found == 0) continue;
      each(state, &meta);
      packages++;
    }
  }
  return packages;
}
