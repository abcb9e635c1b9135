// The files of an object's counters: their names, their headers. Opened once more they may be others: by then
// the user of this process may be another one, or a sandbox may stand between. So a lease remembers whose
// directory it is from and which file that was.
#include "base/file.h"
#include "counters/counters.h"
#include "process/recording.h"

// Context: any
static int open_in(const char *home, uint64_t identity, const char *suffix, int flags) {
  char path[sizeof slv_process.home + 48];
  char *end = slv_text(path, path + sizeof path, home);
  *end++ = '/';
  end = slv_hex(end, identity, 16);
  *end++ = '-';
  end = slv_hex(end, slv_process.context, 8);
  slv_text(end, path + sizeof path, suffix);
  return slv_file_open(path, flags);
}

// Context: any
int slv_identity_open(uint64_t identity, const char *suffix, int flags) {
  return open_in(slv_process.home, identity, suffix, flags);
}

// Context: any
int slv_object_open(const struct slv_object *object, const char *suffix) {
  return slv_identity_open(object->identity, suffix, O_RDWR | O_CREAT);
}

// Context: any
int slv_lease_open(const struct slv_object *object, unsigned n) {
  char suffix[16] = ".";
  slv_text(slv_decimal(suffix + 1, n), suffix + sizeof suffix, ".cnt");
  return slv_object_open(object, suffix);
}

// Whether the lists of the object stand behind the header. Context: any
static int has_table(const struct slv_object *object) {
  return object->places.regions > SLV_REGIONS;
}

// Context: any
static void describe(const struct slv_object *object, uint64_t magic,
                     struct slv_counters_header *h) {
  const struct slv_places *p = &object->places;
  slv_zero(h, sizeof *h);
  h->magic = magic;
  h->version = SLV_ABI_VERSION;
  h->births = object->births;
  h->identity = object->identity;
  h->slots_offset = object->slots_offset;
  h->slot_size = object->slot_size;
  h->page_size = slv_process.page;
  h->max_slots = SLV_SLOTS_MAX;
  if (has_table(object)) {
    h->table_regions = p->regions;
    h->table_runs = p->runs;
    h->table_units = p->units;
    return;
  }
  slv_copy(h->region, p->region, p->regions * sizeof p->region[0]);
  slv_copy(h->run, p->run, p->runs * sizeof p->run[0]);
}

#define FIXED offsetof(struct slv_counters_header, fold) // bytes that all who write it agree on

// Context: any
int slv_header_is_ours(const struct slv_object *object, uint64_t magic,
                       const struct slv_counters_header *theirs) {
  struct slv_counters_header ours;
  describe(object, magic, &ours);
  return slv_equal(theirs, &ours, FIXED);
}

// Context: any
int slv_write_bytes(int file, const void *bytes, size_t count, uint64_t at) {
  return slv_sys_pwrite(file, bytes, count, at) == (slv_word)count;
}

// Two who do this write the same bytes, and the magic last. Context: any
static int write_header(const struct slv_object *object, uint64_t magic, int file) {
  struct slv_counters_header ours;
  const struct slv_places *p = &object->places;
  size_t table = slv_table_bytes(p->regions, p->runs, p->units);
  describe(object, magic, &ours);
  if (has_table(object) && !slv_write_bytes(file, p->region, table, SLV_TABLE_OFFSET))
    return -ENOSPC;
  return slv_write_bytes(file, (char *)&ours + 8, FIXED - 8, 8) &&
                 slv_write_bytes(file, &ours.magic, 8, 0)
             ? 0
             : -ENOSPC;
}

// Context: any
int slv_header_check(const struct slv_object *object, uint64_t magic, int file) {
  struct slv_counters_header theirs;
  uint32_t bytes = object->slots_offset;
  slv_word got = slv_sys_pread(file, &theirs, sizeof theirs, 0);
  if (got < (slv_word)sizeof theirs || theirs.magic == 0) {
    if (!slv_file_may_grow(bytes)) return -EFBIG;
    int error = slv_sys_fallocate(file, 0, 0, bytes);
    if (error == -EOPNOTSUPP) error = slv_sys_pwrite(file, "", 1, bytes - 1) == 1 ? 0 : -ENOSPC;
    if (error == 0) error = write_header(object, magic, file);
    if (error != 0) return error;
    got = slv_sys_pread(file, &theirs, sizeof theirs, 0);
  }
  return got == (slv_word)sizeof theirs && slv_header_is_ours(object, magic, &theirs) ? 0 : -EINVAL;
}

// Context: any
void slv_lease_remember(struct slv_object *o, const struct slv_lease *lease) {
  o->file_number = lease->number;
  o->slot_offset = lease->offset;
  o->uid = slv_process.uid;
  o->file = lease->id;
}

// Context: any
int slv_lease_reopen(const struct slv_object *o) {
  char home[sizeof slv_process.home], suffix[16] = ".";
  struct stat st;
  slv_recording_home(home, sizeof home, o->uid);
  slv_text(slv_decimal(suffix + 1, o->file_number), suffix + sizeof suffix, ".cnt");
  int file = open_in(home, o->identity, suffix, O_RDWR | O_NOFOLLOW | O_NONBLOCK);
  if (file < 0) return file;
  if (slv_sys_fstat(file, &st) == 0 && slv_file_id(&st) == o->file) return file;
  slv_sys_close(file);
  return -ESTALE;
}
