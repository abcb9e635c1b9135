// gcc's --coverage (gcc, g++, gfortran): a unit, one compiled file, has a struct gcov_info in writable
// data that leads to its functions and their counters. libgcov, which is linked into each object, writes
// them to .gcda files at exit; here they are live instead. It is kept from that by a version of 0, for
// which __gcov_init, called by constructors, passes a unit over: so no file appears in a build tree and
// no process waits for another. gcc's own wrappers of fork and exec do no harm then. Units of clang's
// --coverage mean the same, and are found otherwise: sources/clang_gcov.c.
#include "base/hash.h"
#include "sources/clang_gcov.h"
#include "sources/gcov_notes.h"
#include "sources/source.h"

// How two images of a kind are added; 0: they are not kept. Context: any
static enum slv_region_kind added_as(int kind) {
  switch (kind) {
    case SLV_GCOV_ARCS:
    case SLV_GCOV_INTERVAL:
    case SLV_GCOV_POW2:
    case SLV_GCOV_AVERAGE:
      return SLV_REGION_ADD64;
    case SLV_GCOV_IOR:
    case SLV_GCOV_CONDITIONS:
    case SLV_GCOV_PATHS:
      return SLV_REGION_OR8;
    default:
      return SLV_REGION_NONE;
  }
}

// Adds a unit's counters to `found`, and returns the hash of what they mean. Context: thread
static uint64_t add_unit(struct slv_gcov_image *image, const struct slv_gcov_unit *unit,
                         struct slv_found *found, uint64_t hash) {
  uint32_t head[] = {unit->version, unit->stamp, unit->checksum, unit->functions, unit->kinds};
  if (!found->known) {
    hash = slv_hash(hash, head, sizeof head);
    hash = slv_hash(hash, unit->name, unit->name_length);
  }
  // From the last one: gcc lays their counters down in that order, and regions are wanted by address.
  for (uint32_t n = unit->functions; n-- > 0;) {
    const struct slv_gcov_raw_function *f = slv_gcov_function(image, unit, n);
    if (f == NULL) continue;
    uint64_t words[3 + 2 * SLV_GCOV_KINDS] = {n, f->ident | (uint64_t)f->lineno_checksum << 32,
                                              f->cfg_checksum};
    size_t used = 3;
    const struct slv_gcov_raw_counters *c = f->counters;
    for (int kind = 0; kind < SLV_GCOV_KINDS; kind++) {
      if (!(unit->kinds & 1u << kind)) continue;
      uint64_t address = (uintptr_t)c->values - image->info->dlpi_addr;
      words[used++] = c->count | (uint64_t)kind << 32;
      words[used++] = address;
      if (added_as(kind) != SLV_REGION_NONE)
        slv_found_region(found, SLV_SOURCE_GCOV, added_as(kind), address, c->count * 8ull);
      c++;
    }
    if (!found->known) hash = slv_hash(hash, words, used * sizeof words[0]);
  }
  return hash;
}

// Narrows a segment's data to what the file, where it is at hand, says may hold units: a page of data that a
// process has looked at is one more to copy for each of its forks. 0: none can. Context: thread
static int narrow(const struct slv_file *file, const ElfW(Phdr) * p, uintptr_t *low,
                  uintptr_t *high) {
  struct slv_gcov_span part;
  if (file->image == NULL || p->p_offset > file->image_bytes ||
      p->p_filesz > file->image_bytes - p->p_offset)
    return 1;
  if (!slv_gcov_may_hold(file->image + p->p_offset, p->p_filesz, &part)) return 0;
  *high = *low + part.high;
  *low += part.low;
  return 1;
}

// The data that units may be in: where an earlier life found them, or all that is writable. `part` is 0
// at first; 0 when there is no more. Context: thread
static int next_part(const struct slv_file *file, const struct slv_found *found, int *part,
                     uintptr_t *low, uintptr_t *high) {
  const struct dl_phdr_info *info = file->info;
  if (found->known && found->scan.size == 0) return 0; // clang's alone
  if (found->scan.size != 0) {
    *low = info->dlpi_addr + found->scan.address;
    *high = *low + found->scan.size;
    return (*part)++ == 0;
  }
  for (; *part < info->dlpi_phnum; ++*part) {
    const ElfW(Phdr) *p = &info->dlpi_phdr[*part];
    if (p->p_type != PT_LOAD || (p->p_flags & (PF_R | PF_W)) != (PF_R | PF_W)) continue;
    *low = info->dlpi_addr + p->p_vaddr;
    *high = *low + p->p_filesz;
    if (!narrow(file, p, low, high)) continue;
    ++*part;
    return 1;
  }
  return 0;
}

// The units that an earlier life found. 0 where none of them can be what it should, and all must be
// looked for. Context: thread
static int take_listed(const struct slv_file *file, struct slv_found *found) {
  const struct slv_run *runs =
      (const struct slv_run *)(const void *)(found->table + found->regions);
  const uint64_t *unit = (const uint64_t *)(const void *)(runs + found->runs);
  struct slv_gcov_image image = {.info = file->info};
  uint32_t first = 0; // of gcc's, behind clang's
  while (first < found->units && slv_clang_gcov_take_listed(file, found, file->bias + unit[first]))
    first++;
  for (uint32_t i = first; i < found->units; i++)
    if ((i > first && unit[i] <= unit[i - 1]) || !slv_gcov_stands_at(&image, unit[i])) {
      slv_clang_gcov_settle(found, 0);
      return 0;
    }
  struct slv_gcov_raw **tail = (struct slv_gcov_raw **)&found->taken;
  for (uint32_t i = first; i < found->units; i++) {
    *tail = (struct slv_gcov_raw *)(file->bias + unit[i]);
    tail = (struct slv_gcov_raw **)&(*tail)->next;
  }
  return 1;
}

// Context: thread
static void list_units(const struct slv_found *found, uintptr_t bias, uint64_t *to) {
  to = slv_clang_gcov_units(found, bias, to);
  for (const struct slv_gcov_raw *raw = found->taken; raw != NULL; raw = raw->next)
    *to++ = (uintptr_t)raw - bias;
}

#define MANY 8192u // counters for which room is made at once: address space only

// Context: thread
static int find(const struct slv_file *file, struct slv_found *found) {
  struct slv_gcov_image image = {.info = file->info};
  struct slv_gcov_unit unit;
  struct slv_gcov_raw **tail = (struct slv_gcov_raw **)&found->taken;
  struct slv_gcov_chain chain = {.count = 0};
  uintptr_t at, end, first = 0, last = 0;
  uint64_t hash = 0;
  uint32_t regions = found->regions;
  uint16_t notes = found->scan.kind;
  int part = 0, got;
  if (slv_process.settings & SLV_SETTING_LEAVE_GCOV) return 0;
  found->list_units = list_units;
  if (found->units != 0 && take_listed(file, found)) return 1;
  while (next_part(file, found, &part, &at, &end)) {
    while ((got = slv_gcov_next(&image, &at, end, &unit)) != 0) {
      if (first == 0) {
        first = (uintptr_t)unit.raw;
        if (!found->listed) slv_found_reserve(found, MANY);
      }
      last = at;
      if (got < 0) {
        found->loss = SLV_LOSS_UNKNOWN_FORMAT;
        continue;
      }
      if (!found->listed) hash = add_unit(&image, &unit, found, hash);
      for (int kind = 0; kind < SLV_GCOV_KINDS; kind++)
        if ((unit.kinds & 1u << kind) && added_as(kind) == SLV_REGION_NONE)
          notes |= SLV_GCOV_NOTE_VALUES;
      if (file->running) {
        slv_gcov_chain_add(&chain, &unit);
        continue;
      }
      // Nobody uses `next` before __gcov_init: a list of what is to be taken over.
      *tail = unit.raw;
      tail = (struct slv_gcov_raw **)&unit.raw->next;
      found->taken_count++;
    }
  }
  int by_clang = slv_clang_gcov_find(file, found, &hash);
  if (first == 0 && by_clang == 0) return 0;
  if (file->running && !slv_gcov_take_late(file, found, &image, &chain, by_clang)) {
    found->loss = SLV_LOSS_GCOV_LATE;
    found->regions = regions;
  }
  found->scan = (struct slv_region){.address = first == 0 ? 0 : first - file->info->dlpi_addr,
                                    .size = (uint32_t)(last - first),
                                    .kind = notes,
                                    .source = SLV_SOURCE_GCOV};
  slv_found_source(found, SLV_SOURCE_GCOV, hash);
  return 1;
}

// Context: thread
static void settle(struct slv_found *found, int taken) {
  slv_clang_gcov_settle(found, taken);
  struct slv_gcov_raw *raw = found->taken;
  struct slv_gcov_root *root = found->known_by;
  found->taken = found->known_by = NULL;
  if (root != NULL && !taken) return;
  if (root != NULL) root->list = NULL;
  while (raw != NULL) {
    struct slv_gcov_raw *next = raw->next;
    raw->next = NULL;
    if (taken) raw->version = 0;
    raw = next;
  }
}

// ---- <identity>.obj

// Context: thread
static void describe_function(struct slv_kept *kept, struct slv_gcov_image *image,
                              const struct slv_gcov_unit *unit, uint32_t n) {
  const struct slv_gcov_raw_function *f = slv_gcov_function(image, unit, n);
  struct slv_gcov_function function = {.present = 0};
  if (f == NULL) {
    slv_keep_bytes(kept, &function, sizeof function);
    return;
  }
  function = (struct slv_gcov_function){.present = 1,
                                        .ident = f->ident,
                                        .lineno_checksum = f->lineno_checksum,
                                        .cfg_checksum = f->cfg_checksum};
  for (int kind = 0; kind < SLV_GCOV_KINDS; kind++)
    if ((unit->kinds & 1u << kind) && added_as(kind) != SLV_REGION_NONE) function.counters++;
  slv_keep_bytes(kept, &function, sizeof function);
  const struct slv_gcov_raw_counters *c = f->counters;
  for (int kind = 0; kind < SLV_GCOV_KINDS; kind++) {
    if (!(unit->kinds & 1u << kind)) continue;
    struct slv_gcov_counter counter = {.kind = (uint32_t)kind,
                                       .count = c->count,
                                       .address = (uintptr_t)c->values - image->info->dlpi_addr};
    if (added_as(kind) != SLV_REGION_NONE) slv_keep_bytes(kept, &counter, sizeof counter);
    c++;
  }
}

// Context: thread
static void describe(struct slv_kept *kept, struct slv_gcov_image *image,
                     const struct slv_gcov_unit *unit) {
  static const char zeros[8];
  uint32_t padded = ((uint32_t)unit->name_length + 8) & ~7u;
  struct slv_gcov_info info = {.version = unit->version,
                               .stamp = unit->stamp,
                               .checksum = unit->checksum,
                               .functions = unit->functions,
                               .name_bytes = padded,
                               .kinds = unit->kinds};
  slv_keep_bytes(kept, &info, sizeof info);
  slv_keep_bytes(kept, unit->name, unit->name_length);
  slv_keep_bytes(kept, zeros, padded - unit->name_length);
  for (uint32_t n = 0; n < unit->functions; n++) describe_function(kept, image, unit, n);
}

// All units once more. Context: thread
static uint32_t each(const struct slv_file *file, const struct slv_found *found,
                     struct slv_kept *units, struct slv_kept *notes) {
  struct slv_gcov_image image = {.info = file->info};
  struct slv_gcov_unit unit;
  uintptr_t at, end;
  uint32_t count = 0;
  int part = 0, got;
  while (next_part(file, found, &part, &at, &end))
    while ((got = slv_gcov_next(&image, &at, end, &unit)) != 0) {
      if (got < 0) continue;
      if (units != NULL) describe(units, &image, &unit);
      if (notes != NULL) slv_gcov_keep_notes(notes, &unit, count);
      count++;
    }
  return slv_clang_gcov_describe(file, units, notes, count);
}

// Context: thread
static void make(struct slv_kept *kept, const struct slv_file *file,
                 const struct slv_found *found) {
  struct slv_gcov_header header = {.version = 1, .infos = each(file, found, NULL, NULL)};
  slv_keep_section(kept, SLV_GCOV_SECTION);
  slv_keep_bytes(kept, &header, sizeof header);
  each(file, found, kept, NULL);
  slv_keep_section(kept, SLV_GCOV_NOTES_SECTION);
  each(file, found, NULL, kept);
}

static const char kept[] = ".note.gnu.build-id\0";

// What a process that has the object does not do as it would with libgcov. Context: thread
static int admit(const struct dl_phdr_info *info, const struct slv_found *found, uint32_t *loss) {
  (void)info;
  if (!slv_clang_gcov_take(found)) {
    *loss = SLV_LOSS_CLANG_GCOV;
    return 0;
  }
  if (*loss != SLV_LOSS_NONE) return 1;
  if (found->scan.kind & SLV_GCOV_NOTE_VALUES) *loss = SLV_LOSS_GCOV_VALUES;
  if (found->hosts & SLV_USE_GCOV_RESETS) *loss = SLV_LOSS_GCOV_RESET;
  return 1;
}

extern const struct slv_source_ops slv_source_gcov;
const struct slv_source_ops slv_source_gcov = {.source = SLV_SOURCE_GCOV,
                                               .find = find,
                                               .each_life = 1,
                                               .calls = 1,
                                               .quiet = 1,
                                               .keep = kept,
                                               .make = make,
                                               .admit = admit,
                                               .settle = settle,
                                               .traces = ".gcda\0"};
