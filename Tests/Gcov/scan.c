// sources/gcov_scan.c on images of objects that gcc 10 to 15 would make, whole and damaged: every word of an image
// takes values that lead out of it, and nothing may be read there (a page behind it is not readable).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/exported.h"
#include "sources/clang_gcov.h"
#include "sources/gcov_layout.h"

static int failures;

// What the object under test asks of others: there is one master, and no unit of clang's.
static uint64_t master[2];
void slv_exported(const char *name, void (*each)(void *state, void *variable), void *state) {
  if (strcmp(name, "__gcov_master") == 0) each(state, master);
}
int slv_clang_gcov_know(struct slv_found *found) { return found == NULL; }
void slv_clang_gcov_settle(struct slv_found *found, int taken) { (void)found, (void)taken; }

static void check(int right, const char *what, unsigned version) {
  if (right) return;
  printf("FAIL  gcov: %s, version %08x\n", what, version);
  failures++;
}

// Written apart from the declarations that are tested: offsets as in libgcov.h of each version.
struct image {
  char *memory;
  size_t used;
  struct dl_phdr_info info;
  ElfW(Phdr) segments[2];
};

#define SIZE 8192u

static void *take(struct image *image, size_t bytes) {
  void *at = image->memory + image->used;
  image->used += (bytes + 7) & ~7ul;
  return at;
}

static void put32(char *at, uint32_t value) { memcpy(at, &value, 4); }
static void put64(char *at, uint64_t value) { memcpy(at, &value, 8); }

// A function with `count` counters of each of `kinds` kinds.
static char *function(struct image *image, const char *key, unsigned ident, unsigned kinds, unsigned count) {
  char *f = take(image, 24 + 16 * kinds);
  put64(f, (uintptr_t)key);
  put32(f + 8, ident);
  put32(f + 12, ident + 1);
  put32(f + 16, ident + 2);
  for (unsigned k = 0; k < kinds; k++) {
    put32(f + 24 + 16 * k, count + k);
    put64(f + 32 + 16 * k, (uintptr_t)take(image, 8 * (count + k)));
  }
  return f;
}

// One unit of three functions, of which the second is another unit's and the third is absent.
static char *unit(struct image *image, unsigned version, unsigned all, unsigned used, const char *name) {
  char *info = take(image, 32 + 8 * all + 16);
  char *text = take(image, strlen(name) + 1);
  strcpy(text, name);
  put32(info, version);
  put32(info + 16, 0x1234);
  put32(info + 20, 0x5678); // means something since 12
  put64(info + 24, (uintptr_t)text);
  unsigned kinds = 0;
  for (unsigned t = 0; t < all; t++)
    if (used >> t & 1) put64(info + 32 + 8 * t, 0xabcdef), kinds++;
  put32(info + 32 + 8 * all, 3);
  char *table = take(image, 24);
  put64(info + 40 + 8 * all, (uintptr_t)table);
  put64(table, (uintptr_t)function(image, info, 77, kinds, 5));
  put64(table + 8, (uintptr_t)function(image, info + 8, 78, kinds, 5));
  return info;
}

static void open_image(struct image *image) {
  memset(image->memory, 0, SIZE);
  image->used = 64;
  image->segments[0] = (ElfW(Phdr)){.p_type = PT_NOTE};
  image->segments[1] = (ElfW(Phdr)){
      .p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_vaddr = 0x2000, .p_memsz = SIZE, .p_filesz = SIZE};
  image->info = (struct dl_phdr_info){.dlpi_addr = (uintptr_t)image->memory - 0x2000,
                                      .dlpi_phdr = image->segments,
                                      .dlpi_phnum = 2};
}

// Reads all that the image holds; answers the sum of all numbers of counters.
static unsigned walk(struct image *image, int *units, int *unknown) {
  struct slv_gcov_image view = {.info = &image->info};
  struct slv_gcov_unit unit;
  uintptr_t at = (uintptr_t)image->memory;
  unsigned sum = 0;
  int got;
  *units = *unknown = 0;
  while ((got = slv_gcov_next(&view, &at, (uintptr_t)image->memory + SIZE, &unit)) != 0) {
    if (got < 0) {
      ++*unknown;
      continue;
    }
    ++*units;
    for (uint32_t n = 0; n < unit.functions; n++) {
      const struct slv_gcov_raw_function *f = slv_gcov_function(&view, &unit, n);
      if (f == NULL) continue;
      for (int k = 0; k < __builtin_popcount(unit.kinds); k++) {
        for (uint32_t i = 0; i < f->counters[k].count; i++)
          sum += (unsigned)((volatile int64_t *)f->counters[k].values)[i]; // a fault, if it is not there
        sum += f->counters[k].count;
      }
    }
  }
  return sum;
}

static void whole(struct image *image, unsigned version, unsigned all) {
  struct slv_gcov_unit found;
  int units, unknown;
  open_image(image);
  char *first = unit(image, version, all, 1, "/build/one.gcda");
  unit(image, version, all, 1 | 1u << (all - 1), "relative/two.gcda");
  check(walk(image, &units, &unknown) == 5 + 5 + 6, "counters", version);
  check(units == 2 && unknown == 0, "units", version);
  struct slv_gcov_image view = {.info = &image->info};
  uintptr_t at = (uintptr_t)image->memory;
  check(slv_gcov_next(&view, &at, at + SIZE, &found) == 1, "first", version);
  check((char *)found.raw == first && found.version == version && found.stamp == 0x1234, "head", version);
  check(found.checksum == (all == 8 && (version >> 16 & 0xff) < '2' ? 0 : 0x5678), "checksum", version);
  check(found.kinds == 1 && found.functions == 3 && found.name_length == 15, "unit", version);
  const struct slv_gcov_raw_function *f = slv_gcov_function(&view, &found, 0);
  check(f != NULL && f->ident == 77 && f->lineno_checksum == 78 && f->cfg_checksum == 79, "function", version);
  check(slv_gcov_function(&view, &found, 1) == NULL, "another unit's function", version);
  check(slv_gcov_function(&view, &found, 2) == NULL, "an absent function", version);
  put32(first, 0); // taken over
  walk(image, &units, &unknown);
  check(units == 1, "taken over", version);
}

static void damaged(struct image *image, unsigned version, unsigned all) {
  uintptr_t end = (uintptr_t)image->memory + SIZE;
  const uint64_t values[] = {0, 1, 7, UINT64_MAX, 0x7fffffffffffffff, 0xffffffff, end, end - 1, end - 8,
                             end - 4, (uintptr_t)image->memory, (uintptr_t)image->memory - 8, 0x41414141};
  int units, unknown;
  open_image(image);
  unit(image, version, all, 3, "/build/one.gcda");
  size_t used = image->used;
  char *good = malloc(used);
  memcpy(good, image->memory, used);
  for (size_t at = 64; at < used; at += 4)
    for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
      memcpy(image->memory, good, used);
      memcpy(image->memory + at, &values[v], at + 8 <= used ? 8 : 4);
      walk(image, &units, &unknown);
      check(units <= 1, "damaged", version);
    }
  // Pushed against the end of the object, and cut off there.
  for (size_t keep = 8; keep < used - 64; keep += 8) {
    memset(image->memory, 0, SIZE);
    memcpy(image->memory + SIZE - keep, good + 64, keep);
    walk(image, &units, &unknown);
  }
  free(good);
}

// What libgcov leads to the units by, as sources/gcov_late.c finds it.
static void *root_of(struct image *image) {
  struct slv_gcov_image view = {.info = &image->info};
  struct slv_gcov_chain chain = {.count = 0};
  struct slv_gcov_unit unit;
  uintptr_t at = (uintptr_t)image->memory;
  int got;
  while ((got = slv_gcov_next(&view, &at, (uintptr_t)image->memory + SIZE, &unit)) != 0)
    if (got > 0) slv_gcov_chain_add(&chain, &unit);
  return chain.count == 0 ? NULL : slv_gcov_root_of(&view, &chain);
}

// `units` of them, as constructors leave them: linked to the one before, the last one in the root. Returns it.
static char *constructed(struct image *image, unsigned version, unsigned kinds, int units, char *last[3]) {
  open_image(image);
  char *before = NULL, *root = take(image, 32);
  for (int i = 0; i < units; i++, before = last[i - 1]) {
    last[i] = unit(image, version, kinds, 1, "/build/one.gcda");
    put64(last[i] + 8, (uintptr_t)before);
  }
  put64(root, (uintptr_t)last[units - 1]);
  master[0] = version;
  master[1] = (uintptr_t)root;
  return root;
}

static void late(struct image *image, unsigned version, unsigned kinds) {
  static char other[32];
  char *last[3], *root;
  for (int units = 1; units <= 3; units++) {
    root = constructed(image, version, kinds, units, last);
    check(root_of(image) == root, "root", version);
    put32(root + 8, 2); // an exec wrapper has counted a run
    check(root_of(image) == root, "root with a run", version);
    put32(root + 8, 1);
    check(root_of(image) == NULL, "written already", version);
    root = constructed(image, version, kinds, units, last);
    put64(take(image, 32), (uintptr_t)last[units - 1]); // a word that leads there, too
    check(root_of(image) == root, "another word", version);
    master[1] = 0;
    check(root_of(image) == NULL, "no master", version);
    // The second of two objects.
    root = constructed(image, version, kinds, units, last);
    put64(other + 16, (uintptr_t)root);
    put64(other + 24, 0);
    put64(root + 24, (uintptr_t)other);
    master[1] = (uintptr_t)other;
    check(root_of(image) == root, "root of the second", version);
    put64(root + 24, 0);
    check(root_of(image) == NULL, "a chain that does not lead back", version);
    root = constructed(image, version, kinds, units, last);
    char *more = unit(image, version, kinds, 1, "/build/two.gcda");
    check(root_of(image) == NULL, "a unit that is not known yet", version);
    put64(more + 8, (uintptr_t)more); // for ever
    check(root_of(image) == NULL, "a circle", version);
    put32(more + 32 + 8 * kinds, 0); // libgcov passes one without functions over
    check(root_of(image) == root, "a unit without functions", version);
    root = constructed(image, version, kinds, units, last);
    put64(root, (uintptr_t)last[0] + 8);
    check(root_of(image) == NULL, "a root that leads elsewhere", version);
  }
  const uint64_t values[] = {0, 1, 8, UINT64_MAX, (uintptr_t)image->memory + SIZE, (uintptr_t)last[0]};
  root = constructed(image, version, kinds, 3, last);
  size_t used = image->used;
  char *good = malloc(used);
  memcpy(good, image->memory, used);
  for (size_t at = 64 + 32; at < used; at += 4) // not in the root's own links, which libgcov alone writes
    for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
      memcpy(image->memory, good, used);
      memcpy(image->memory + at, &values[v], at + 8 <= used ? 8 : 4);
      void *found = root_of(image);
      check(found == NULL || found == root, "damaged units", version);
    }
  free(good);
}

int main(void) {
  struct image image;
  image.memory = mmap(NULL, SIZE + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (image.memory == MAP_FAILED || mprotect(image.memory + SIZE, 4096, PROT_NONE) != 0) return 2;
  static const struct {
    unsigned version, kinds;
  } versions[] = {
      {'B' << 24 | '0' << 16 | '2' << 8 | '*', 8},  {'B' << 24 | '1' << 16 | '3' << 8 | '*', 8},
      {'B' << 24 | '2' << 16 | '2' << 8 | '*', 8},  {'B' << 24 | '3' << 16 | '4' << 8 | 'p', 8},
      {'B' << 24 | '4' << 16 | '2' << 8 | '*', 9},  {'B' << 24 | '5' << 16 | '1' << 8 | 'e', 10},
  };
  for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
    check(slv_gcov_kinds(versions[i].version) == (int)versions[i].kinds, "kinds", versions[i].version);
    whole(&image, versions[i].version, versions[i].kinds);
    damaged(&image, versions[i].version, versions[i].kinds);
    late(&image, versions[i].version, versions[i].kinds);
  }
  // Compilers that are not known: named, not read.
  static const unsigned others[] = {'B' << 24 | '6' << 16 | '1' << 8 | '*', 'A' << 24 | '9' << 16 | '5' << 8 | '*'};
  for (size_t i = 0; i < 2; i++) {
    int units, unknown;
    open_image(&image);
    unit(&image, others[i], 8, 1, "/build/one.gcda");
    walk(&image, &units, &unknown);
    check(units == 0 && unknown == 1, "unknown version", others[i]);
    open_image(&image);
    unit(&image, others[i], 8, 1, "/build/one.gcno");
    walk(&image, &units, &unknown);
    check(units == 0 && unknown == 0, "something else", others[i]);
  }
  if (failures == 0) printf("ok    gcov: units of gcc 10 to 15 are found, damaged ones do no harm; and what leads to them\n");
  return failures != 0;
}
