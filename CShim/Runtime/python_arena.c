// The file that all Python processes of a user share. See salvage_abi.h: bytes only grow, so whoever is
// killed at whatever instruction leaves it fit for everybody else. Nothing that is read from it is used
// as an address or a length before it was checked.
#include "counters.h"
#include "python_recorder.h"
#include "recording.h"
#include "safe/file.h"

#define CHUNK (256u << 10) // the file grows by this
#define VIEWS 65536u

static struct slv_python_view *views; // reserved address space, touched as far as used
static uint32_t views_used;
static uint64_t *view_blocks;             // offset of each view's block, and whose file it is in
static uint32_t lock;                     // of all below and above
static char *windows[SLV_PYTHON_WINDOWS]; // [0] has header and directory
static uint32_t owner;                    // the user whose file is open; only that one can grow it
static int opened;                        // 0 not yet, 1 yes, < 0 -errno
static uint64_t known_size;               // the file is at least so long

// Interpreters with a lock of their own run at the same time; nothing of Python is called inside.
// Context: thread
static void enter(uint64_t *mask) {
  *mask = SLV_MASK_UNCHANGED;
  if (!slv_process.sandboxed) slv_signals_block(mask);
  while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE) != 0) slv_sys_sched_yield();
}

// Context: thread
static void leave(const uint64_t *mask) {
  __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
  if (*mask != SLV_MASK_UNCHANGED) slv_signals_restore(mask);
}

// Context: thread
void slv_python_fork_child(void) { __atomic_store_n(&lock, 0, __ATOMIC_RELEASE); }

// Context: any
struct slv_python_view *slv_python_view(uint32_t number) {
  return number < __atomic_load_n(&views_used, __ATOMIC_ACQUIRE) ? &views[number] : NULL;
}

// Context: any
static int open_file(int flags) {
  char path[sizeof slv_process.home + 24];
  char *end = slv_text(path, path + sizeof path, slv_process.home);
  end = slv_text(end, path + sizeof path, "/python-");
  *slv_hex(end, slv_process.context, 8) = 0;
  return slv_sys_open(path, O_RDWR | O_NOFOLLOW | flags, 0600);
}

// Context: any
static struct slv_python_header *header(void) {
  return (struct slv_python_header *)(void *)windows[0];
}

// Writes what a new file begins with; the same bytes whoever does it. Context: any
static int make_header(int file) {
  struct slv_python_header h = {.magic = SLV_PYTHON_MAGIC,
                                .version = SLV_ABI_VERSION,
                                .slots = SLV_PYTHON_SLOTS,
                                .directory_offset = SLV_PYTHON_DIRECTORY_OFFSET,
                                .data_offset = SLV_PYTHON_DATA_OFFSET};
  size_t constant = offsetof(struct slv_python_header, next);
  if (!slv_file_may_grow(SLV_PYTHON_DATA_OFFSET)) return -EFBIG;
  int error = slv_sys_fallocate(file, 0, 0, SLV_PYTHON_DATA_OFFSET);
  if (error == -EOPNOTSUPP || error == -ENOSYS) error = -ENOSPC;
  if (error != 0) return error;
  if (slv_sys_pwrite(file, (char *)&h + 8, constant - 8, 8) != (slv_word)constant - 8 ||
      slv_sys_pwrite(file, &h.magic, 8, 0) != 8)
    return -ENOSPC;
  return 0;
}

// Context: any
static int check_header(int file) {
  struct slv_python_header h;
  for (int tries = 0; tries < 2; tries++) {
    slv_word got = slv_sys_pread(file, &h, sizeof h, 0);
    if (got == (slv_word)sizeof h && h.magic == SLV_PYTHON_MAGIC) break;
    int error = tries == 0 ? make_header(file) : -EINVAL;
    if (error != 0) return error;
  }
  struct stat now; // a file that somebody cut off would be SIGBUS
  if (slv_sys_fstat(file, &now) != 0 || (uint64_t)now.st_size < SLV_PYTHON_DATA_OFFSET ||
      !S_ISREG(now.st_mode) || now.st_uid != slv_sys_geteuid())
    return -EIO;
  return h.version == SLV_ABI_VERSION && h.slots == SLV_PYTHON_SLOTS &&
                 h.directory_offset == SLV_PYTHON_DIRECTORY_OFFSET &&
                 h.data_offset == SLV_PYTHON_DATA_OFFSET
             ? 0
             : -EINVAL;
}

// Context: any
static int map_window(int file, unsigned n) {
  char *at = slv_sys_mmap(NULL, SLV_PYTHON_WINDOW, PROT_READ | PROT_WRITE, MAP_SHARED, file,
                          (uint64_t)n * SLV_PYTHON_WINDOW);
  if (slv_failed(at)) return -ENOMEM;
  windows[n] = at;
  return 0;
}

// Context: thread
static int reserve_views(void) {
  size_t bytes = VIEWS * (sizeof *views + sizeof *view_blocks);
  char *at = slv_sys_mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (slv_failed(at)) return -ENOMEM;
  views = (struct slv_python_view *)(void *)at;
  view_blocks = (uint64_t *)(void *)(at + VIEWS * sizeof *views);
  return 0;
}

// Opens the file of this user; again after the user changed: what is mapped of the old one stays so.
// Context: thread
static int open_arena(void) {
  if (slv_process.sandboxed) return opened == 1 && owner == slv_process.uid ? 0 : -EPERM;
  if (opened != 0 && owner == slv_process.uid) return opened < 0 ? opened : 0;
  owner = slv_process.uid;
  known_size = 0;
  for (unsigned n = 0; n < SLV_PYTHON_WINDOWS; n++) windows[n] = NULL;
  for (uint32_t v = 0; v < views_used; v++) view_blocks[v] = 0;
  int file = open_file(O_CREAT), error = file < 0 ? file : check_header(file);
  if (error == 0) error = map_window(file, 0);
  if (error == 0 && views == NULL) error = reserve_views();
  if (file >= 0) slv_sys_close(file);
  opened = error == 0 ? 1 : error;
  return error;
}

// The bytes of a block, mapped; NULL when they can't be. Context: thread
static char *bytes_at(uint64_t offset, uint64_t size) {
  uint64_t n = offset / SLV_PYTHON_WINDOW, within = offset % SLV_PYTHON_WINDOW;
  uint64_t end = __atomic_load_n(&header()->allocated, __ATOMIC_ACQUIRE) + SLV_PYTHON_DATA_OFFSET;
  if (offset < SLV_PYTHON_DATA_OFFSET || n >= SLV_PYTHON_WINDOWS || offset % 8 != 0 ||
      size > SLV_PYTHON_WINDOW - within || offset + size > end)
    return NULL;
  if (windows[n] == NULL || offset + size > known_size) {
    struct stat now;
    int file = slv_process.sandboxed ? -EPERM : open_file(0);
    if (file < 0) return NULL;
    int whole = slv_sys_fstat(file, &now) == 0 && (uint64_t)now.st_size >= offset + size;
    if (whole) known_size = (uint64_t)now.st_size;
    if (whole && windows[n] == NULL) map_window(file, (unsigned)n);
    slv_sys_close(file);
    if (!whole) return NULL;
  }
  return windows[n] != NULL ? windows[n] + within : NULL;
}

// Gives the file blocks up to `end`, counted from the data's beginning. Context: thread
static int grow(uint64_t end) {
  uint64_t old = __atomic_load_n(&header()->allocated, __ATOMIC_ACQUIRE);
  if (end <= old) return 0;
  uint64_t size = (end + CHUNK - 1) / CHUNK * CHUNK;
  if (size + SLV_PYTHON_DATA_OFFSET > (uint64_t)SLV_PYTHON_WINDOWS * SLV_PYTHON_WINDOW)
    return -ENOSPC;
  if (slv_process.sandboxed) return -EPERM;
  if (!slv_file_may_grow(size + SLV_PYTHON_DATA_OFFSET)) return -EFBIG;
  int file = open_file(0);
  if (file < 0) return file;
  int error = slv_sys_fallocate(file, 0, SLV_PYTHON_DATA_OFFSET + old, size - old);
  if (error == -EOPNOTSUPP || error == -ENOSYS) error = -ENOSPC;
  slv_sys_close(file);
  if (error != 0) return error;
  while (old < size && !__atomic_compare_exchange_n(&header()->allocated, &old, size, 0,
                                                    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
    continue;
  return 0;
}

// The size that a plan's block has, with the places of its tables. Context: any
static uint64_t lay_out(const struct slv_python_plan *plan, struct slv_python_block *b) {
  uint64_t at = sizeof *b;
  b->functions_offset = (uint32_t)at;
  at += (uint64_t)plan->functions * sizeof(struct slv_python_function);
  b->branches_offset = (uint32_t)at;
  at += (uint64_t)plan->branches * sizeof(struct slv_python_branch);
  b->lines_offset = (uint32_t)at;
  at += plan->lines;
  b->entered_offset = (uint32_t)at;
  at += plan->functions;
  b->taken_offset = (uint32_t)at;
  at += 2 * (uint64_t)plan->branches;
  b->path_offset = (uint32_t)at;
  at += slv_length(plan->path) + 1;
  b->names_offset = (uint32_t)at;
  at += plan->names;
  b->lines = plan->lines;
  b->functions = plan->functions;
  b->branches = plan->branches;
  b->minor = plan->minor;
  b->identity = plan->identity;
  return (at + 7) & ~7ull;
}

// True when the block at that offset is whole and the one that is planned. Context: thread
static int is_planned(uint64_t offset, const struct slv_python_plan *plan, char **at) {
  struct slv_python_block expected = {0}, *b = (void *)bytes_at(offset, sizeof expected);
  uint64_t size = lay_out(plan, &expected);
  if (b == NULL || size > SLV_PYTHON_WINDOW || b->size != size || b->identity != plan->identity ||
      b->lines != plan->lines || b->functions != plan->functions || b->branches != plan->branches ||
      b->functions_offset != expected.functions_offset ||
      b->branches_offset != expected.branches_offset || b->taken_offset != expected.taken_offset ||
      b->lines_offset != expected.lines_offset || b->entered_offset != expected.entered_offset ||
      b->path_offset != expected.path_offset || bytes_at(offset, size) == NULL)
    return 0;
  *at = (char *)b;
  return slv_equal(*at + b->path_offset, plan->path, slv_length(plan->path) + 1);
}

// Context: any
static uint64_t key_of(const struct slv_python_plan *plan) {
  uint64_t key = slv_hash(plan->identity, plan->path, slv_length(plan->path));
  return key != 0 ? key : 1;
}

// Context: thread
static int view_of(uint64_t offset, const struct slv_python_plan *plan, char *at) {
  for (uint32_t v = views_used; v > 0; v--)
    if (view_blocks[v - 1] == offset) return (int)v - 1;
  if (views_used == VIEWS) return -ENOSPC;
  struct slv_python_block expected = {0};
  lay_out(plan, &expected);
  views[views_used] =
      (struct slv_python_view){.lines = (unsigned char *)at + expected.lines_offset,
                               .entered = (unsigned char *)at + expected.entered_offset,
                               .taken = (unsigned char *)at + expected.taken_offset,
                               .table = (void *)(at + expected.functions_offset),
                               .branches = (void *)(at + expected.branches_offset),
                               .line_count = plan->lines,
                               .functions = plan->functions,
                               .branch_count = plan->branches};
  view_blocks[views_used] = offset;
  __atomic_store_n(&views_used, views_used + 1, __ATOMIC_RELEASE);
  __atomic_fetch_or(&slv_process.cell->flags, SLV_FLAG_LIVE, __ATOMIC_RELAXED);
  return (int)views_used - 1;
}

// Looks the plan up, or with `offset` makes it known: the place of the block that counts; 0 when there is
// none. Context: thread
static uint64_t resolve(const struct slv_python_plan *plan, uint64_t offset, char **at) {
  struct slv_python_slot *table = (void *)(windows[0] + SLV_PYTHON_DIRECTORY_OFFSET);
  uint64_t key = key_of(plan);
  for (uint32_t i = 0; i < SLV_PYTHON_SLOTS; i++) {
    struct slv_python_slot *slot = &table[(key + i) % SLV_PYTHON_SLOTS];
    uint64_t seen = __atomic_load_n(&slot->key, __ATOMIC_ACQUIRE), none = 0;
    if (seen == 0 && offset == 0) return 0;
    if (seen == 0 &&
        !__atomic_compare_exchange_n(&slot->key, &seen, key, 0, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE) &&
        seen != key)
      continue;
    if (seen != 0 && seen != key) continue;
    if (offset != 0)
      __atomic_compare_exchange_n(&slot->block, &none, offset, 0, __ATOMIC_ACQ_REL,
                                  __ATOMIC_ACQUIRE);
    uint64_t block = __atomic_load_n(&slot->block, __ATOMIC_ACQUIRE);
    if (block == 0) return 0;
    if (is_planned(block, plan, at)) return block;
  }
  return 0;
}

// Context: thread
int slv_python_arena_find(const struct slv_python_plan *plan) {
  uint64_t mask;
  char *at;
  enter(&mask);
  int result = open_arena();
  if (result == 0) {
    uint64_t block = resolve(plan, 0, &at);
    result = block == 0 ? -1 : view_of(block, plan, at);
    if (block != 0 && result < 0) result = -ENOSPC;
  } else if (result == -1) {
    result = -EACCES; // -1 is an answer
  }
  leave(&mask);
  return result;
}

// Context: thread
int slv_python_arena_make(const struct slv_python_plan *plan, struct slv_python_fresh *fresh) {
  uint64_t mask;
  struct slv_python_block block = {0};
  uint64_t size = lay_out(plan, &block);
  if (size > SLV_PYTHON_WINDOW - SLV_PYTHON_DATA_OFFSET) return -EFBIG;
  enter(&mask);
  uint64_t *next = &header()->next, old = __atomic_load_n(next, __ATOMIC_ACQUIRE), from;
  do {
    from = old + SLV_PYTHON_DATA_OFFSET;
    if (from % SLV_PYTHON_WINDOW + size > SLV_PYTHON_WINDOW)
      from = (from / SLV_PYTHON_WINDOW + 1) * SLV_PYTHON_WINDOW;
  } while (!__atomic_compare_exchange_n(next, &old, from + size - SLV_PYTHON_DATA_OFFSET, 0,
                                        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
  int error = grow(from + size - SLV_PYTHON_DATA_OFFSET);
  char *at = error == 0 ? bytes_at(from, size) : NULL;
  leave(&mask);
  if (at == NULL) return error != 0 ? error : -EIO;
  block.size = (uint32_t)size;
  slv_copy(at, &block, sizeof block);
  slv_text(at + block.path_offset, at + size, plan->path);
  fresh->offset = from;
  fresh->block = (void *)at;
  fresh->lines = (unsigned char *)at + block.lines_offset;
  fresh->functions = (void *)(at + block.functions_offset);
  fresh->branches = (void *)(at + block.branches_offset);
  fresh->names = at + block.names_offset;
  fresh->names_size = plan->names;
  return 0;
}

// Context: thread
int slv_python_arena_publish(const struct slv_python_plan *plan, struct slv_python_fresh *fresh) {
  uint64_t mask;
  char *at;
  enter(&mask);
  uint64_t block = resolve(plan, fresh->offset, &at);
  int result = block == 0 ? -ENOSPC : view_of(block, plan, at);
  leave(&mask);
  return result;
}
