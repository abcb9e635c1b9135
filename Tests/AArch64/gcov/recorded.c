// Writes the units of clang's --coverage in a recording as runtime.c writes them: recorded DIR.
#include <elf.h>
#include <fcntl.h>
#include <glob.h>
#include <salvage_abi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text.h"

struct counters {
  const char *file;
  const struct slv_counters_header *header;
};

static struct counters counters[16];
static size_t files;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static const char *map(const char *path) {
  struct stat st;
  int file = open(path, O_RDONLY);
  if (file < 0 || fstat(file, &st) != 0) fail(path);
  const char *at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, file, 0);
  if (at == MAP_FAILED) fail(path);
  close(file);
  return at;
}

// The sum of a counter over all slots.
static uint64_t sum(const struct counters *c, uint64_t address) {
  const struct slv_counters_header *h = c->header;
  const uint32_t *attach = (const void *)(c->file + SLV_ATTACH_OFFSET);
  uint64_t result = 0;
  for (unsigned n = SLV_SLOT_FIRST; n < h->max_slots; n++) {
    if (attach[n] == 0 || (attach[n] & SLV_ATTACH_EMPTY)) continue;
    const char *slot = c->file + h->slots_offset + (size_t)n * h->slot_size;
    uint64_t offset = 0, found = 0;
    for (int r = 0; r < SLV_RUNS && !found; r++) {
      if (address >= h->run[r].low && address < h->run[r].high)
        found = 1, offset += address - h->run[r].low;
      else offset += h->run[r].high - h->run[r].low;
    }
    if (!found) fail("a counter is in no run");
    result += *(const uint64_t *)(const void *)(slot + offset);
  }
  return result;
}

static const char *section(const char *file, const char *name) {
  const Elf64_Ehdr *e = (const void *)file;
  const Elf64_Shdr *s = (const void *)(file + e->e_shoff);
  const char *names = file + s[e->e_shstrndx].sh_offset;
  if (e->e_machine != EM_AARCH64) fail("machine");
  for (int i = 0; i < e->e_shnum; i++)
    if (strcmp(names + s[i].sh_name, name) == 0) return file + s[i].sh_offset;
  return NULL;
}

static void write_object(const char *at, const struct counters *c) {
  const struct slv_gcov_header *header = (const void *)at;
  at += sizeof *header;
  for (uint32_t u = 0; u < header->infos; u++) {
    const struct slv_gcov_info *info = (const void *)at;
    const char *name = at + sizeof *info;
    if (!(info->kinds & SLV_GCOV_BY_CLANG)) fail("not by clang");
    write_unit(name, info->version, info->stamp);
    at = name + info->name_bytes;
    for (uint32_t n = 0; n < info->functions; n++) {
      const struct slv_gcov_function *f = (const void *)at;
      const struct slv_gcov_counter *counter = (const void *)(f + 1);
      if (!f->present || f->counters != 1) fail("function");
      write_function(f->ident, f->lineno_checksum, f->cfg_checksum);
      for (uint32_t i = 0; i < counter->count; i++)
        printf(" %llu", (unsigned long long)sum(c, counter->address + 8ull * i));
      printf("\n");
      at = (const void *)(counter + 1);
    }
  }
}

static glob_t all(const char *directory, const char *pattern) {
  char path[SLV_PATH_MAX + 16];
  glob_t found;
  snprintf(path, sizeof path, "%s/u*/%s", directory, pattern);
  if (glob(path, 0, NULL, &found) != 0) found.gl_pathc = 0;
  return found;
}

int main(int count, char **words) {
  if (count != 2) return 2;
  glob_t found = all(words[1], "*.cnt");
  if (found.gl_pathc > 1) fail("more than one file of counters");
  for (; files < found.gl_pathc; files++) {
    counters[files].file = map(found.gl_pathv[files]);
    counters[files].header = (const void *)counters[files].file;
    if (counters[files].header->magic != SLV_COUNTERS_MAGIC) fail("magic");
  }
  found = all(words[1], "*.obj");
  if (found.gl_pathc != files) fail("objects");
  for (size_t i = 0; i < found.gl_pathc; i++)
    write_object(section(map(found.gl_pathv[i]), SLV_GCOV_SECTION), counters);
  return 0;
}
