// The file that all Python processes of a user share. See salvage_abi.h: bytes only grow, so whoever is
// killed at whatever instruction leaves it fit for everybody else. Nothing that is read from it is used
// as an address or a length before it was checked.
#include "base/hash.h"
#include "base/lock.h"
#include "objects/objects.h"
#include "python/recorder.h"

#define VIEWS 65536u

static struct slv_python_view *views; // reserved address space, touched as far as used
static uint32_t views_used;
static uint64_t *view_blocks; // offset of each view's block, and whose file it is in
static uint32_t lock;         // of all below and above

// Interpreters with a lock of their own run at the same time; nothing of Python is called inside.
// Context: thread
static void enter(uint64_t *mask) {
  *mask = SLV_MASK_UNCHANGED;
  if (!slv_process.sandboxed) slv_signals_block(mask);
  slv_lock_take(&lock, &slv_process.sandboxed);
}

// Context: thread
static void leave(const uint64_t *mask) {
  slv_lock_give(&lock, &slv_process.sandboxed);
  if (*mask != SLV_MASK_UNCHANGED) slv_signals_restore(mask);
}

// Context: any
void slv_python_fork_child(void) { lock = SLV_LOCK_FREE; }

// Context: any
struct slv_python_view *slv_python_view(uint32_t number) {
  return number < __atomic_load_n(&views_used, __ATOMIC_ACQUIRE) ? &views[number] : NULL;
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

// Again after the user changed: what is mapped of the old file stays so. Context: thread
static int open_arena(void) {
  int changed, error = slv_python_file_open(&changed);
  for (uint32_t v = 0; changed && v < views_used; v++) view_blocks[v] = 0;
  if (error == 0 && views == NULL) error = reserve_views();
  return error;
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
  struct slv_python_block expected = {0},
                          *b = (void *)slv_python_file_bytes(offset, sizeof expected);
  uint64_t size = lay_out(plan, &expected);
  if (b == NULL || size > SLV_PYTHON_WINDOW || b->size != size || b->identity != plan->identity ||
      b->lines != plan->lines || b->functions != plan->functions || b->branches != plan->branches ||
      b->functions_offset != expected.functions_offset ||
      b->branches_offset != expected.branches_offset || b->taken_offset != expected.taken_offset ||
      b->lines_offset != expected.lines_offset || b->entered_offset != expected.entered_offset ||
      b->path_offset != expected.path_offset || slv_python_file_bytes(offset, size) == NULL)
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
  if (views_used == VIEWS) return -EDQUOT;
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
  struct slv_python_slot *table =
      (void *)((char *)slv_python_file_header() + SLV_PYTHON_DIRECTORY_OFFSET);
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
  uint64_t *next = &slv_python_file_header()->next, old = __atomic_load_n(next, __ATOMIC_ACQUIRE),
           from;
  do {
    from = old + SLV_PYTHON_DATA_OFFSET;
    if (from % SLV_PYTHON_WINDOW + size > SLV_PYTHON_WINDOW)
      from = (from / SLV_PYTHON_WINDOW + 1) * SLV_PYTHON_WINDOW;
  } while (!__atomic_compare_exchange_n(next, &old, from + size - SLV_PYTHON_DATA_OFFSET, 0,
                                        __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
  int error = slv_python_file_grow(from + size - SLV_PYTHON_DATA_OFFSET);
  char *at = error == 0 ? slv_python_file_bytes(from, size) : NULL;
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
  int result = block == 0 ? -EDQUOT : view_of(block, plan, at); // no slot is free
  leave(&mask);
  return result;
}
