// Forks in mid-function: where in an object a fork is, a snapshot of the counters that lead there, and
// the note in a child's slot that its life began there (salvage_forks.h says what for). Whatever goes
// wrong here leaves the fork without a place: its counts are exact all the same.
#include "base/file.h"
#include "counters/counters.h"
#include "process/memory.h"

#define MOST_WORDS 64
#define MOST_SNAPSHOT_BYTES (64ull << 20) // of one object

static SLV_HOT_FORK uintptr_t fork_from; // frame of a hook that is about to fork

// Context: any
void slv_fork_from(const void *frame) {
  __atomic_store_n(&fork_from, (uintptr_t)frame, __ATOMIC_RELAXED);
}

// The frame of the hook, where it is of this fork: what lies below are frames of libc's and ours, with
// whatever the program left there. Context: any
static uintptr_t start_of_scan(uintptr_t here) {
  uintptr_t from = __atomic_load_n(&fork_from, __ATOMIC_RELAXED);
  fork_from = 0;
  if (from < here || from - here > 4096) from = here;
  return from & ~(uintptr_t)7;
}

#define STEP 2048u

// Writes the counters that this process shows: of live pages those of its slot, else its own since it
// began. Context: any
static int write_counters(const struct slv_object *o, int file, uint64_t place) {
  char part[STEP];
  for (uint32_t i = 0; i < o->places.regions; i++) {
    const struct slv_region *r = &o->places.region[i];
    if (r->kind != SLV_REGION_ADD64) continue;
    const char *from = (const char *)(o->bias + r->address);
    uint64_t at = place + slv_slot_position(o, r->address);
    for (uint32_t done = 0; done < r->size;) {
      uint32_t step = r->size - done < STEP ? r->size - done : STEP;
      if (!slv_copy_if_readable(part, from + done, step)) return 0;
      if (!slv_is_zero(part, step) && slv_sys_pwrite(file, part, step, at + done) != (slv_word)step)
        return 0;
      done += step;
    }
  }
  return 1;
}

// Context: any
static void add_row(uint64_t *births, const char *row) {
  const uint64_t *from = (const uint64_t *)(const void *)row;
  for (uint32_t i = 0; i < SLV_FORK_SITES; i++) births[i] += from[i];
}

// Context: any
static int add_births(int file, uint64_t at, uint64_t *births) {
  uint64_t row[SLV_FORK_SITES];
  if (slv_sys_pread(file, row, sizeof row, at) != (slv_word)sizeof row) return 0;
  add_row(births, (const char *)row);
  return 1;
}

// Of the object's slot: its own, and those that were noted before its life in the first of the slots that
// were leased together. Context: any
static int add_own_births(const struct slv_object *o, uint64_t *births) {
  uint64_t slot = (o->slot_offset - o->slots_offset) / o->slot_size, n = slot % SLV_FORK_ROWS;
  uint64_t before = n != slot ? n * o->slot_size : 0, row = o->births + n * SLV_FORK_ROW;
  if (o->aside != NULL) {
    add_row(births, o->aside + o->births);
    if (before != 0) add_row(births, o->aside - before + row);
    return 1;
  }
  int file = slv_lease_reopen(o);
  if (file < 0) return 0;
  int all = add_births(file, o->slot_offset + o->births, births);
  if (before != 0) all &= add_births(file, o->slot_offset - before + row, births);
  slv_sys_close(file);
  return all;
}

// Which lives began in the slot by forks is copied with it. A process that keeps its counters to itself
// has all since its image began. Context: any
static int write_births(const struct slv_object *o, int file, uint64_t place) {
  uint64_t births[SLV_FORK_SITES];
  slv_zero(births, sizeof births);
  if (o->mode == SLV_MODE_LIVE && !add_own_births(o, births)) return 0;
  return slv_sys_pwrite(file, births, sizeof births, place + o->births) == (slv_word)sizeof births;
}

// Makes a snapshot, and then its key, so that nobody finds a half one. Context: any
static uint32_t make(const struct slv_object *o, int file, struct slv_forks *forks, uint64_t key,
                     uint64_t innermost) {
  uint64_t most = MOST_SNAPSHOT_BYTES / o->slot_size;
  if (most > SLV_FORK_UNKNOWN) most = SLV_FORK_UNKNOWN;
  if (__atomic_load_n(&forks->next, __ATOMIC_RELAXED) >= most) return 0;
  uint32_t n = __atomic_fetch_add(&forks->next, 1, __ATOMIC_RELAXED);
  uint64_t place = o->slots_offset + (uint64_t)n * o->slot_size;
  if (n >= most || !slv_file_may_grow(place + o->slot_size)) return 0;
  if (!write_counters(o, file, place) || !write_births(o, file, place)) return 0;
  forks->innermost[n] = innermost;
  __atomic_store_n(&forks->key[n], key, __ATOMIC_RELEASE);
  return n + 1;
}

// Context: any
static uint32_t find(const struct slv_forks *forks, const uint64_t *list, uint64_t value) {
  for (uint32_t n = 0; n < SLV_FORK_UNKNOWN; n++)
    if (__atomic_load_n(&list[n], __ATOMIC_ACQUIRE) == value &&
        __atomic_load_n(&forks->key[n], __ATOMIC_ACQUIRE) != 0)
      return n + 1;
  return 0;
}

// Where there is room for no more places, one with the same innermost call stands for this one.
// Context: any
static uint32_t site_in(const struct slv_object *o, int file, uint64_t key, uint64_t innermost) {
  if (slv_header_check(o, SLV_FORKS_MAGIC, file) != 0) return 0;
  size_t page = slv_process.page;
  char *at = slv_sys_mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (slv_failed(at)) return 0;
  struct slv_forks *forks = (struct slv_forks *)(void *)(at + SLV_ATTACH_OFFSET);
  uint32_t site = find(forks, forks->key, key);
  if (site == 0) site = make(o, file, forks, key, innermost);
  if (site == 0) site = find(forks, forks->innermost, innermost);
  slv_sys_munmap(at, page);
  return site;
}

// Context: any
static uint32_t site_of(struct slv_object *o, uint64_t key, uint64_t innermost) {
  struct slv_met_site *met = &o->met[key % SLV_MET_SITES];
  if (o->met_uid !=
      slv_process.uid) { // the child's slot will be in another directory, with places of its own
    slv_zero(o->met, sizeof o->met);
    o->met_uid = slv_process.uid;
  }
  if (met->key == key) return met->site;
  if (slv_process.sandboxed || (!o->starting && slv_objects_unloading())) return 0;
  int file = slv_file_may_grow(o->slots_offset) ? slv_object_open(o, ".forks") : -EFBIG;
  uint32_t site = file < 0 ? 0 : site_in(o, file, key, innermost);
  if (file >= 0) slv_sys_close(file);
  *met = (struct slv_met_site){key, site};
  return site;
}

// Context: any
static uint64_t mix(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
  return hash ^ hash >> 29;
}

// Of an object whose counters are partly shared nobody has a whole picture. Context: any
static uint32_t find_site(struct slv_object *o, const uintptr_t *words, int count) {
  uint64_t key = 0, innermost = 0;
  if (count < 0 || o->mode == SLV_MODE_MIXED) return SLV_FORK_UNKNOWN + 1;
  for (int i = 0; i < count; i++) {
    if (words[i] < o->text_low || words[i] >= o->text_high) continue;
    if (key == 0) innermost = words[i] - o->bias;
    key = mix(key, words[i] - o->bias) | 1;
  }
  if (key == 0) return 0; // nothing of it is in flight
  uint32_t site = site_of(o, key, innermost);
  return site != 0 ? site : SLV_FORK_UNKNOWN + 1;
}

// Context: any
void slv_fork_sites(void) {
  uintptr_t words[MOST_WORDS];
  int objects;
  struct slv_object *o = slv_objects(&objects);
  uintptr_t from = start_of_scan((uintptr_t)__builtin_frame_address(0));
  int count = slv_fork_stack(from, words, MOST_WORDS);
  for (int i = 0; i < objects; i++, o++) {
    if (o->births == 0) continue;
    uint32_t site = find_site(o, words, count);
    if (o->site != site) o->site = site; // most often the same: its page need not be copied
  }
}

// Context: any
void slv_fork_born(const struct slv_object *o, char *births) {
  if (o->site != 0)
    __atomic_fetch_add((uint64_t *)(void *)births + (o->site - 1), 1, __ATOMIC_RELAXED);
}

// Context: any
void slv_fork_born_in(const struct slv_object *o, int file) {
  uint64_t births, at = o->slot_offset + o->births + 8 * (uint64_t)(o->site - 1);
  if (o->site == 0 || slv_sys_pread(file, &births, 8, at) != 8) return;
  births++;
  slv_sys_pwrite(file, &births, 8, at);
}
