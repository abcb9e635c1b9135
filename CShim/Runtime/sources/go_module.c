// Finds the module data of a Go program, and the packages that count: sources/go_code.c.
//
// The module data (runtime/symtab.go, `moduledata`) is what Go's runtime itself goes by, so strip leaves it.
// Its first words are the same from Go 1.21 to 1.27; what comes behind them moves, and is recognised by what
// it holds. A package's number is given at run time: it is the place of its call of addCovMeta among those
// of all packages.
#include "base/hash.h"
#include "sources/go_module.h"

#define MAGIC 0xfffffff1u // of the table of functions, since Go 1.20
#define TASKS_MAX (1u << 20)

// Context: thread
static int is_module(const struct slv_file *file, const uint64_t *words) {
  const unsigned char *table = slv_go_at(file, words[SLV_GO_TABLE], 8);
  if (table == NULL || *(const uint32_t *)(const void *)table != MAGIC || table[4] != 0 ||
      table[5] != 0 || table[7] != sizeof(void *))
    return 0;
  return words[SLV_GO_TEXT] < words[SLV_GO_TEXT_END] &&
         words[SLV_GO_DATA] <= words[SLV_GO_COUNTERS] &&
         words[SLV_GO_COUNTERS] <= words[SLV_GO_COUNTERS_END] &&
         words[SLV_GO_COUNTERS_END] <= words[SLV_GO_DATA_END];
}

// One that starts a package: a state, how many functions, and their addresses. Context: thread
static const uint64_t *functions_of(const struct slv_go_module *m, uint64_t task, uint32_t *count) {
  const uint32_t *head = slv_go_at(m->file, task, 8);
  if (head == NULL || head[0] > 2 || head[1] == 0 || head[1] > TASKS_MAX) return NULL;
  *count = head[1];
  return slv_go_at(m->file, task + 8, *count * 8ull);
}

// Context: thread
static int are_tasks(const struct slv_go_module *m, const uint64_t *tasks, uint64_t count) {
  for (uint64_t i = 0; i < count; i++) {
    uint32_t functions = 0;
    const uint64_t *list = functions_of(m, tasks[i], &functions);
    if (list == NULL) return 0;
    for (uint32_t f = 0; f < functions; f++)
      if (list[f] < m->words[SLV_GO_TEXT] || list[f] >= m->words[SLV_GO_TEXT_END]) return 0;
  }
  return 1;
}

// A slice: address, count, room. Context: thread
static void find_tasks(struct slv_go_module *m) {
  for (int w = SLV_GO_MOVING; w + 2 < SLV_GO_WORDS; w++) {
    uint64_t count = m->words[w + 1];
    if (count == 0 || count > TASKS_MAX || m->words[w + 2] != count) continue;
    const uint64_t *tasks = slv_go_at(m->file, m->words[w], count * 8);
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
  for (uint64_t i = 0; words != NULL && (i + SLV_GO_WORDS) * 8 <= section->sh_size; i++)
    if (is_module(file, words + i)) return words + i;
  return NULL;
}

// Context: thread
int slv_go_module_find(const struct slv_file *file, struct slv_go_module *m) {
  const uint64_t *words = search(file);
  if (words == NULL) return 0;
  *m = (struct slv_go_module){.file = file, .words = words};
  m->counters = words[SLV_GO_COUNTERS] - file->bias;
  m->size = words[SLV_GO_COUNTERS_END] - words[SLV_GO_COUNTERS];
  m->names_size = words[SLV_GO_FILES + 1];
  m->names = slv_go_at(file, words[SLV_GO_FILES], m->names_size);
  if (m->size != 0) find_tasks(m);
  return 1;
}

// Context: thread
int slv_go_packages(const struct slv_go_module *m,
                    void (*each)(void *state, const struct slv_go_meta *meta), void *state) {
  int packages = 0;
  for (uint64_t i = 0; i < m->task_count; i++) {
    uint32_t functions = 0;
    const uint64_t *list = functions_of(m, m->tasks[i], &functions);
    for (uint32_t f = 0; list != NULL && f < functions; f++) {
      struct slv_go_meta meta = {.bytes = NULL};
      int found = slv_go_read_function(m, list[f], &meta);
      if (found < 0) return -1;
      if (found == 0) continue;
      each(state, &meta);
      packages++;
    }
  }
  return packages;
}
