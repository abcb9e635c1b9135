// Makes and reads recordings for Tests/AArch64/run, by the contract alone.
//
//   recording make DIR LIBRARY FLAGS   an empty recording
//   recording counts DIR               the sum of all counters, the slots in use, the lives they served
//   recording cells DIR                one line per cell: kind state cause status flags loss parent
#include <fcntl.h>
#include <salvage_abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glob.h>

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static const char *map(const char *path, size_t *size) {
  struct stat st;
  int file = open(path, O_RDONLY);
  if (file < 0 || fstat(file, &st) != 0) fail(path);
  *size = (size_t)st.st_size;
  const char *at = mmap(NULL, *size, PROT_READ, MAP_SHARED, file, 0);
  if (at == MAP_FAILED) fail(path);
  close(file);
  return at;
}

static void make(const char *directory, const char *library, const char *flags) {
  static struct slv_settings settings = {
      .magic = SLV_SETTINGS_MAGIC, .version = SLV_ABI_VERSION, .size = sizeof settings};
  char path[SLV_PATH_MAX + 16];
  settings.flags = (uint32_t)strtoul(flags, NULL, 0);
  snprintf(settings.users, sizeof settings.users, "%s", directory);
  snprintf(settings.library, sizeof settings.library, "%s", library);
  snprintf(path, sizeof path, "%s/settings", directory);
  mkdir(directory, 0711);
  int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
  if (file < 0 || write(file, &settings, sizeof settings) != (ssize_t)sizeof settings) fail(path);
}

static void counts(const char *path) {
  size_t size;
  const char *file = map(path, &size);
  const struct slv_counters_header *h = (const void *)file;
  const uint32_t *attach = (const void *)(file + SLV_ATTACH_OFFSET);
  uint64_t sum = 0;
  unsigned slots = 0, lives = 0;
  if (h->magic != SLV_COUNTERS_MAGIC || h->region[0].kind != SLV_REGION_ADD64) fail("header");
  for (unsigned n = SLV_SLOT_FIRST; n < h->max_slots; n++) {
    if (attach[n] == 0 || (attach[n] & SLV_ATTACH_EMPTY)) continue;
    const char *slot = file + h->slots_offset + (size_t)n * h->slot_size;
    const uint64_t *counter = (const void *)(slot + h->region[0].address - h->run[0].low);
    for (uint32_t i = 0; i < h->region[0].size / 8; i++) sum += counter[i];
    slots++;
    lives += attach[n] & SLV_ATTACH_COUNT;
  }
  printf("sum %llu slots %u lives %u\n", (unsigned long long)sum, slots, lives);
}

// The number of the life or event with that id, -1 for none: what a life runs is not counted.
static int number_of(const struct slv_cell *cells, uint64_t count, uint64_t life) {
  int number = 0;
  for (uint64_t n = 0; n < count; n++) {
    if (life != 0 && cells[n].life == life) return number;
    number += cells[n].state != SLV_CELL_PROGRAM;
  }
  return -1;
}

static void cells(const char *path) {
  size_t size;
  const char *file = map(path, &size);
  const struct slv_ledger_header *h = (const void *)file;
  const struct slv_cell *cell = (const void *)(file + h->cells_offset), *end = cell + h->next;
  const struct slv_cell *first = cell;
  if (h->magic != SLV_LEDGER_MAGIC) fail("ledger");
  for (int number = 0; cell < end; cell++) {
    if (cell->state == SLV_CELL_PROGRAM) continue;
    printf("%d kind %u state %u cause %u status %d live %d private %d loss %u parent %d\n", number++,
           cell->kind, cell->state, cell->cause, cell->status, (cell->flags & SLV_FLAG_LIVE) != 0,
           (cell->flags & SLV_FLAG_PRIVATE) != 0, cell->loss,
           number_of(first, h->next, cell->parent));
  }
}

static void each(const char *directory, const char *pattern, void (*show)(const char *)) {
  char path[SLV_PATH_MAX + 16];
  glob_t found;
  snprintf(path, sizeof path, "%s/u*/%s", directory, pattern);
  if (glob(path, 0, NULL, &found) != 0) {
    printf("nothing recorded\n");
    return;
  }
  for (size_t i = 0; i < found.gl_pathc; i++) show(found.gl_pathv[i]);
}

int main(int argc, char **argv) {
  if (argc == 5 && !strcmp(argv[1], "make")) make(argv[2], argv[3], argv[4]);
  else if (argc == 3 && !strcmp(argv[1], "counts")) each(argv[2], "*.cnt", counts);
  else if (argc == 3 && !strcmp(argv[1], "cells")) each(argv[2], "ledger", cells);
  else return 2;
  return 0;
}
