// Leases: the right of one life to map a slot of a counter file, held by an OFD lock on the slot's
// first byte. The kernel keeps the lock while any mapping of that open file lives and drops it at any
// death, exec or munmap: no owner word, no pid, no exit hook (measured: tmpfs and ext4, kernel 6.18).
#include "base/file.h"
#include "counters/counters.h"
#include "process/debug.h"

// What one read of the file shows: the header, and the words of the slots that are tried first.
#define FIRST_SLOTS 16u
struct head {
  struct slv_counters_header header;
  char unused[SLV_ATTACH_OFFSET - sizeof(struct slv_counters_header)];
  uint32_t attach[SLV_SLOT_FIRST + FIRST_SLOTS];
};

// Reads the attach word of the slot whose lock we hold: one read before it may be older than the last
// owner. The first time the header is looked at too. Context: any
static int read_attach(const struct slv_object *object, struct slv_lease *lease) {
  if (!lease->checked) {
    struct head head;
    slv_word got = slv_sys_pread(lease->file, &head, sizeof head, 0);
    int error =
        got == (slv_word)sizeof head && slv_header_is_ours(object, SLV_COUNTERS_MAGIC, &head.header)
            ? 0
            : slv_header_check(object, SLV_COUNTERS_MAGIC, lease->file);
    if (error != 0) return error;
    lease->checked = 1;
    if (got == (slv_word)sizeof head && lease->slot < SLV_SLOT_FIRST + FIRST_SLOTS) {
      lease->attach = head.attach[lease->slot];
      return 0;
    }
  }
  return slv_sys_pread(lease->file, &lease->attach, 4, lease->attach_at) == 4 ? 0 : -EIO;
}

// Locks slots from the first byte of the first to the first byte of the last. Context: any
static int set_lock(const struct slv_object *object, int file, unsigned slot, unsigned count,
                    short type) {
  struct flock lock = {.l_type = type,
                       .l_whence = SEEK_SET,
                       .l_start = object->slots_offset + (off_t)slot * object->slot_size,
                       .l_len = (off_t)(count - 1) * object->slot_size + 1};
  int error = (int)slv_sys_fcntl(file, F_OFD_SETLK, &lock);
  return error == -EACCES ? -EAGAIN : error;
}

// Context: any
void slv_slot_choose(const struct slv_object *object, struct slv_lease *lease, unsigned slot) {
  lease->slot = slot;
  lease->offset = object->slots_offset + (uint64_t)slot * object->slot_size;
  lease->attach_at = SLV_ATTACH_OFFSET + 4 * slot;
}

// Context: any
int slv_slot_lock(const struct slv_object *object, struct slv_lease *lease, unsigned slot,
                  unsigned count) {
  int error = set_lock(object, lease->file, slot, count, F_WRLCK);
  if (error == 0) slv_slot_choose(object, lease, slot);
  return error;
}

// Context: any
static int fill(int file, char value, uint64_t at, uint64_t bytes) {
  char values[512];
  for (size_t n = 0; n < sizeof values; n++) values[n] = value;
  for (; bytes > 0; bytes -= bytes < sizeof values ? bytes : sizeof values, at += sizeof values) {
    size_t step = bytes < sizeof values ? bytes : sizeof values;
    if (!slv_write_bytes(file, values, step, at)) return -ENOSPC;
  }
  return 0;
}

// Writes initial values: 0xff for single-byte coverage, else 0, which new blocks hold already. The
// program's own data in the slot is written anew by whoever maps it. Context: any
static int initialise(const struct slv_object *object, const struct slv_lease *lease, int zeros) {
  const struct slv_places *p = &object->places;
  int error = zeros ? fill(lease->file, 0, lease->offset, object->slot_size) : 0;
  for (uint32_t i = 0; i < p->regions && error == 0; i++)
    if (p->region[i].kind == SLV_REGION_AND8)
      error =
          fill(lease->file, (char)0xff,
               lease->offset + slv_slot_position(object, p->region[i].address), p->region[i].size);
  return error;
}

// Context: any
int slv_slot_ready(const struct slv_object *object, struct slv_lease *lease) {
  uint64_t end = lease->offset + object->slot_size;
  if (!slv_file_may_grow(end)) return -EFBIG; // also for pwrite into blocks that are there
  int unreadable = read_attach(object, lease);
  if (unreadable != 0) return unreadable;
  if (object->fresh && lease->attach != 0 && !(lease->attach & SLV_ATTACH_EMPTY)) {
    int error = slv_fold(object, lease);
    if (error != 0) return error;
    lease->attach |= SLV_ATTACH_EMPTY;
  }
  struct stat now; // a slot in use that the file does not reach was cut off by somebody: SIGBUS
  if (slv_sys_fstat(lease->file, &now) != 0 || (lease->attach != 0 && (uint64_t)now.st_size < end))
    return -EIO;
  lease->id = slv_file_id(&now);
  if (lease->attach & SLV_ATTACH_EMPTY) return initialise(object, lease, 1);
  if (lease->attach != 0) return 0;
  // Whether a slot has blocks is told by its attach word, never by the file's size: one behind it may
  // have been made first, leaving a hole, and a store to a hole on a full disk is SIGBUS.
  int error = slv_file_allocate(lease->file, lease->offset, object->slot_size);
  return error != 0 ? error : initialise(object, lease, 0);
}

// Context: any
static int try_slot(const struct slv_object *object, struct slv_lease *lease, unsigned slot) {
  int error = slv_slot_lock(object, lease, slot, 1);
  if (error != 0) return error;
  error = slv_slot_ready(object, lease);
  if (error == -EAGAIN) set_lock(object, lease->file, slot, 1, F_UNLCK);
  return error;
}

// The first slots in order, so that few are used; then at random among twice as many as that, so that
// a thousand simultaneous lives do not each ask a thousand times (measured: in order, 1,000 held:
// 2.9 ms). A fork child, which has its parent's slot still, begins behind that. Context: any
static int search(const struct slv_object *object, struct slv_lease *lease) {
  unsigned first = 0;
  if (object->slot_offset != 0)
    first = (unsigned)((object->slot_offset - object->slots_offset) / object->slot_size) -
            SLV_SLOT_FIRST + 1;
  for (unsigned i = 0; i < FIRST_SLOTS; i++) {
    int error = try_slot(object, lease, SLV_SLOT_FIRST + (first + i) % FIRST_SLOTS);
    if (error != -EAGAIN) return error;
  }
  uint64_t random = slv_sys_boottime() ^ (uint64_t)slv_process.pid << 32;
  for (unsigned range = 64; range <= SLV_SLOTS_MAX;
       range = range < 512 ? range * 2 : SLV_SLOTS_MAX) {
    for (unsigned tries = 0; tries < range / 4; tries++) {
      random = random * 6364136223846793005u + 1442695040888963407u;
      unsigned slot = SLV_SLOT_FIRST + (unsigned)(random >> 33) % (range - SLV_SLOT_FIRST);
      int error = try_slot(object, lease, slot);
      if (error != -EAGAIN) return error;
    }
    if (range == SLV_SLOTS_MAX) break;
  }
  for (unsigned slot = SLV_SLOT_FIRST; slot < SLV_SLOTS_MAX; slot++) {
    int error = try_slot(object, lease, slot);
    if (error != -EAGAIN) return error;
  }
  return -EAGAIN;
}

// Context: any
int slv_lease_take(const struct slv_object *object, struct slv_lease *lease) {
  for (unsigned n = 0; n < SLV_FILES_MAX; n++) {
    lease->number = n;
    lease->file = slv_lease_open(object, n);
    if (lease->file < 0) return lease->file;
    lease->checked = 0;
    int error = search(object, lease);
    if (error == 0) {
      slv_debug("leased", (int64_t)lease->offset, NULL);
      return 0;
    }
    slv_sys_close(lease->file);
    if (error != -EAGAIN) return error;
  }
  return -EAGAIN;
}

// Context: any
int slv_lease_count(const struct slv_object *object, const struct slv_lease *lease) {
  uint32_t count = lease->attach & SLV_ATTACH_COUNT;
  uint32_t word =
      (count < SLV_ATTACH_COUNT ? count + 1 : count) | (object->fresh ? SLV_ATTACH_FRESH : 0);
  return slv_sys_pwrite(lease->file, &word, 4, lease->attach_at) == 4 ? 0 : -EIO;
}
