// clang's --coverage: its units are kept as gcc's are, and kept from their runtime, which would write them to
// .gcda files at exit, and which clears them in fork children (clang calls __gcov_fork for fork): the slot
// of a unit's constructor leads to a function that does nothing, so that the runtime hears of no unit. The
// loader and libc read those slots after us.
#include "sources/clang_gcov.h"
#include "base/exported.h"
#include "base/hash.h"
#include "sources/gcov_notes.h"
#include "sources/source.h"

enum { WRITEOUT, RESET, LISTS };

struct slv_clang_slot {
  uintptr_t address, value;
  uintptr_t function[LISTS]; // of its unit
  uintptr_t *node[LISTS];    // where the runtime has it; NULL: that is not known
};

struct slv_clang_slots {
  uintptr_t low, high; // what the loader has protected since it relocated it
  uint32_t count, room;
  int late; // the constructors have run: it is the nodes that are emptied
  int emptied;
  struct slv_clang_slot slot[];
};

// Context: thread
static void nothing(void) {}

// ---- what a unit counts

struct meaning {
  struct slv_found *found;
  uint64_t hash, number;
  uintptr_t bias;
};

// Context: thread
static void hash_file(void *state, const struct slv_clang_unit *unit,
                      const struct slv_clang_file *file) {
  struct meaning *m = state;
  uint32_t head[] = {file->version, file->stamp, unit->functions[file->number]};
  m->hash = slv_hash(m->hash, head, sizeof head);
  m->hash = slv_hash(m->hash, file->name, file->name_length);
  m->number = 0;
}

// Context: thread
static void add_function(void *state, const struct slv_clang_function *f) {
  struct meaning *m = state;
  uint64_t address = f->values - m->bias;
  uint64_t words[] = {m->number++, f->ident | (uint64_t)f->lineno_checksum << 32,
                      f->cfg_checksum | (uint64_t)f->count << 32, address};
  if (!m->found->known) m->hash = slv_hash(m->hash, words, sizeof words);
  slv_found_region(m->found, SLV_SOURCE_GCOV, SLV_REGION_ADD64, address, f->count * 8ull);
}

// ---- slots

// Context: thread
static size_t bytes_of(uint32_t slots) {
  return sizeof(struct slv_clang_slots) + slots * sizeof(struct slv_clang_slot);
}

// Context: thread
static void find_protected(const struct dl_phdr_info *info, struct slv_clang_slots *slots) {
  uintptr_t page = slv_process.page;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *p = &info->dlpi_phdr[i];
    if (p->p_type != PT_GNU_RELRO) continue;
    slots->low = (info->dlpi_addr + p->p_vaddr) & -page;
    slots->high = (info->dlpi_addr + p->p_vaddr + p->p_memsz) & -page;
  }
}

// Room for as many slots as there can be: address space, touched as far as used. Context: thread
static int reserve(const struct dl_phdr_info *info, struct slv_found *found, uint32_t room) {
  if (found->slots != NULL) return 1;
  void *at = slv_sys_mmap(NULL, bytes_of(room), PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (slv_failed(at)) return 0;
  found->slots = at;
  found->slots->room = room;
  find_protected(info, found->slots);
  return 1;
}

// Context: thread
static int note_slot(struct slv_found *found, const struct slv_clang_image *image,
                     uintptr_t address, const struct slv_clang_unit *unit) {
  if (!reserve(image->info, found, image->count)) return 0;
  struct slv_clang_slots *slots = found->slots;
  if (slots->count == slots->room) return 0;
  struct slv_clang_slot *slot = &slots->slot[slots->count++];
  *slot = (struct slv_clang_slot){.address = address, .value = *(const uintptr_t *)address};
  if (unit != NULL) slot->function[WRITEOUT] = unit->writeout, slot->function[RESET] = unit->reset;
  found->taken_count++;
  return 1;
}

// Context: thread
static int set_slots(struct slv_clang_slots *slots, int empty) {
  uintptr_t page = slv_process.page, low = slots->slot[0].address & -page;
  uintptr_t high = (slots->slot[slots->count - 1].address + 8 + page - 1) & -page;
  if (low < slots->low) low = slots->low;
  if (high > slots->high) high = slots->high;
  if (low < high && SLV_SYS3(SYS_mprotect, low, high - low, PROT_READ | PROT_WRITE) != 0) return 0;
  for (uint32_t i = 0; i < slots->count; i++)
    *(uintptr_t *)slots->slot[i].address = empty ? (uintptr_t)nothing : slots->slot[i].value;
  if (low < high) SLV_SYS3(SYS_mprotect, low, high - low, PROT_READ);
  slots->emptied = empty;
  return 1;
}

// ---- constructors that have run: llvm_gcov_init put two functions of each unit into lists that all objects share
// (GCDAProfiling.c of LLVM 14 to 21, `fn_list`)

struct node {
  const void *object;
  uintptr_t function;
  struct node *next;
};

struct search {
  struct slv_clang_slots *slots;
  int list;
};

#define NODES_MAX 1048576u

// Context: thread
static void find_nodes(void *state, void *variable) {
  const struct search *s = state;
  struct node *node = *(struct node **)variable;
  for (uint32_t n = 0; node != NULL && n < NODES_MAX; node = node->next, n++)
    for (uint32_t i = 0; i < s->slots->count; i++)
      if (s->slots->slot[i].function[s->list] == node->function)
        s->slots->slot[i].node[s->list] = &node->function;
}

// Context: thread
int slv_clang_gcov_know(struct slv_found *found) {
  struct slv_clang_slots *slots = found->slots;
  struct search writeout = {slots, WRITEOUT}, reset = {slots, RESET};
  if (slots == NULL) return 0;
  slv_exported("writeout_fn_list", find_nodes, &writeout);
  slv_exported("reset_fn_list", find_nodes, &reset);
  for (uint32_t i = 0; i < slots->count; i++)
    if (slots->slot[i].node[WRITEOUT] == NULL || slots->slot[i].node[RESET] == NULL) return 0;
  return slots->late = 1;
}

// Context: thread
static int set_nodes(struct slv_clang_slots *slots, int empty) {
  for (uint32_t i = 0; i < slots->count; i++)
    for (int list = 0; list < LISTS; list++)
      *slots->slot[i].node[list] = empty ? (uintptr_t)nothing : slots->slot[i].function[list];
  slots->emptied = empty;
  return 1;
}

// ----

// Context: thread
static int set(struct slv_clang_slots *slots, int empty) {
  return slots->late ? set_nodes(slots, empty) : set_slots(slots, empty);
}

// Context: thread
int slv_clang_gcov_take(const struct slv_found *found) {
  return found->slots == NULL || found->slots->count == 0 || set(found->slots, 1);
}

// Context: thread
void slv_clang_gcov_settle(struct slv_found *found, int taken) {
  struct slv_clang_slots *slots = found->slots;
  if (slots == NULL) return;
  if (!taken && slots->emptied) set(slots, 0);
  slv_sys_munmap(slots, bytes_of(slots->room));
  found->slots = NULL;
}

// ---- for gcov.c

// Context: thread
int slv_clang_gcov_find(const struct slv_file *file, struct slv_found *found, uint64_t *hash) {
  struct slv_clang_image image;
  struct slv_clang_unit unit;
  struct meaning m = {found, *hash, 0, file->bias};
  struct slv_clang_visitor visitor = {found->known ? NULL : hash_file, add_function, &m};
  int count = 0;
  if (!slv_clang_begin(&image, file->info)) return 0;
  for (uint32_t i = 0; i < image.count; i++)
    found->clang_units += *(const uintptr_t *)(image.slots + 8ull * i) == (uintptr_t)nothing;
  while (slv_clang_next(&image, &unit)) {
    if (!file->writing && !note_slot(found, &image, unit.slot, &unit)) {
      image.refused = 1;
      break;
    }
    count++;
    if (!found->listed) slv_clang_visit(&image, &unit, &visitor);
  }
  found->clang_units += (uint32_t)count;
  if (image.refused && found->loss == SLV_LOSS_NONE) found->loss = SLV_LOSS_CLANG_GCOV;
  *hash = m.hash;
  return count;
}

// Context: thread
int slv_clang_gcov_take_listed(const struct slv_file *file, struct slv_found *found,
                               uintptr_t address) {
  struct slv_clang_image image;
  return slv_clang_begin(&image, file->info) && slv_clang_is_slot(&image, address) &&
         note_slot(found, &image, address, NULL);
}

// Context: thread
uint64_t *slv_clang_gcov_units(const struct slv_found *found, uintptr_t bias, uint64_t *to) {
  for (uint32_t i = 0; found->slots != NULL && i < found->slots->count; i++)
    *to++ = found->slots->slot[i].address - bias;
  return to;
}

// ---- <identity>.obj

struct description {
  struct slv_kept *units, *notes;
  uintptr_t bias;
  uint32_t number;
};

// Context: thread
static void describe_file(void *state, const struct slv_clang_unit *unit,
                          const struct slv_clang_file *file) {
  static const char zeros[8];
  struct description *d = state;
  uint32_t padded = ((uint32_t)file->name_length + 8) & ~7u;
  struct slv_gcov_info info = {.version = file->version,
                               .stamp = file->stamp,
                               .functions = unit->functions[file->number],
                               .name_bytes = padded,
                               .kinds = 1u << SLV_GCOV_ARCS | SLV_GCOV_BY_CLANG};
  struct slv_gcov_unit described = {.version = file->version,
                                    .stamp = file->stamp,
                                    .name = file->name,
                                    .name_length = file->name_length};
  if (d->notes != NULL) slv_gcov_keep_notes(d->notes, &described, d->number);
  d->number++;
  if (d->units == NULL) return;
  slv_keep_bytes(d->units, &info, sizeof info);
  slv_keep_bytes(d->units, file->name, file->name_length);
  slv_keep_bytes(d->units, zeros, padded - file->name_length);
}

// Context: thread
static void describe_function(void *state, const struct slv_clang_function *f) {
  struct description *d = state;
  struct slv_gcov_function function = {.present = 1,
                                       .ident = f->ident,
                                       .lineno_checksum = f->lineno_checksum,
                                       .cfg_checksum = f->cfg_checksum,
                                       .counters = 1};
  struct slv_gcov_counter counter = {
      .kind = SLV_GCOV_ARCS, .count = f->count, .address = f->values - d->bias};
  if (d->units == NULL) return;
  slv_keep_bytes(d->units, &function, sizeof function);
  slv_keep_bytes(d->units, &counter, sizeof counter);
}

// Context: thread
uint32_t slv_clang_gcov_describe(const struct slv_file *file, struct slv_kept *units,
                                 struct slv_kept *notes, uint32_t number) {
  struct slv_clang_image image;
  struct slv_clang_unit unit;
  struct description d = {units, notes, file->bias, number};
  struct slv_clang_visitor visitor = {describe_file, describe_function, &d};
  if (!slv_clang_begin(&image, file->info)) return number;
  while (slv_clang_next(&image, &unit)) slv_clang_visit(&image, &unit, &visitor);
  return d.number;
}
