// The ledger: a mapped file of cells. A store to a cell needs no descriptor and no system call, and
// outlives any death. The file grows by whole chunks whose blocks are allocated before they are
// touched: a store to a hole would be SIGBUS on a full disk.
#include "base/file.h"
#include "ledger/ledger.h"
#include "process/recording.h"

// What is mapped at a time, and what a process sees in its address space. The first window holds what
// the file had at start and a few hundred cells more: so small a mapping mostly shares its page table
// with the libraries beside it, where a larger one costs each process and each fork child one of its
// own. Processes that outgrow it, and recordings of more than 32,000 cells, map larger ones.
#define SPARE (128u << 10)
#define SECOND_WINDOW (4u << 20) // from the file's beginning
#define WINDOW (128u << 20)
#define WINDOWS 10

// A user's ledger. A process that changes its user id goes on in the other user's, which its exec
// images will open; cells that it took before stay where they are.
#define VIEWS 4
struct view {
  uint32_t uid;           // whose: only that user can open the file again
  uint32_t first;         // bytes of the first window
  char *windows[WINDOWS]; // [0] has the header
};
static SLV_HOT struct view views[VIEWS];
static SLV_HOT struct view *current = views;
static SLV_HOT uint64_t allocated_at_start; // bytes of our first ledger
SLV_HOT int slv_ledger_file = -1;

// Context: any
struct slv_ledger_header *slv_ledger(void) {
  return (struct slv_ledger_header *)(void *)current->windows[0];
}

// Context: any
struct slv_index_entry *slv_index(void) {
  return (struct slv_index_entry *)(void *)(current->windows[0] + SLV_LEDGER_HEADER_SIZE);
}

// Context: any
static int open_ledger(void) {
  char path[sizeof slv_process.home + 8];
  char *end = slv_text(path, path + sizeof path, slv_process.home);
  slv_text(end, path + sizeof path, "/ledger");
  // Else each start would write down when the file was read, and its directory too.
  int file = slv_file_open(path, O_RDWR | O_NOATIME);
  return file != -EPERM ? file : slv_file_open(path, O_RDWR);
}

// Where window `n` begins in the file, and its bytes. Context: any
static uint64_t window_offset(unsigned n) {
  return n < 2 ? 0 : SECOND_WINDOW + (uint64_t)(n - 2) * WINDOW;
}

// Context: any
static uint64_t window_size(const struct view *view, unsigned n) {
  return n == 0 ? view->first : n == 1 ? SECOND_WINDOW : WINDOW;
}

// Maps a part of an open ledger. Context: any
static char *map_part(int file, uint64_t offset, uint64_t bytes) {
  char *at = slv_sys_mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, offset);
  return slv_failed(at) ? NULL : at;
}

// The cell with that number, whose blocks are allocated; NULL when it can't be mapped. Context: any
static struct slv_cell *cell_at(struct view *view, uint32_t number) {
  uint64_t offset = SLV_CELLS_OFFSET + (uint64_t)number * sizeof(struct slv_cell);
  unsigned n = offset < view->first     ? 0
               : offset < SECOND_WINDOW ? 1
                                        : 2 + (unsigned)((offset - SECOND_WINDOW) / WINDOW);
  if (n >= WINDOWS) return NULL;
  char *window = __atomic_load_n(&view->windows[n], __ATOMIC_ACQUIRE);
  if (window == NULL) {
    if (slv_process.sandboxed || view->uid != slv_process.uid) return NULL;
    int file = open_ledger();
    if (file < 0) return NULL;
    window = map_part(file, window_offset(n), window_size(view, n));
    slv_sys_close(file);
    if (window == NULL) return NULL;
    char *none = NULL; // another thread may have been faster
    if (!__atomic_compare_exchange_n(&view->windows[n], &none, window, 0, __ATOMIC_ACQ_REL,
                                     __ATOMIC_ACQUIRE)) {
      slv_sys_munmap(window, window_size(view, n));
      window = none;
    }
  }
  return (struct slv_cell *)(void *)(window + (offset - window_offset(n)));
}

// Gives the file blocks up to `end`. 0 when it can't. Context: any
static int grow(struct view *view, uint64_t end) {
  struct slv_ledger_header *header = (struct slv_ledger_header *)(void *)view->windows[0];
  uint64_t old = __atomic_load_n(&header->allocated, __ATOMIC_ACQUIRE);
  if (end <= old) return 1;
  if (end > window_offset(WINDOWS)) return 0; // or a corrupt count would fill the disk
  uint64_t size = (end + SLV_LEDGER_CHUNK - 1) / SLV_LEDGER_CHUNK * SLV_LEDGER_CHUNK;
  if (slv_process.sandboxed || view->uid != slv_process.uid || !slv_file_may_grow(size)) return 0;
  int file = open_ledger();
  if (file < 0) return 0;
  int error = slv_file_extend(file, &header->allocated, 0, size);
  slv_sys_close(file);
  return error == 0;
}

// Context: any
struct slv_cell *slv_cell_take(void) {
  struct view *view = __atomic_load_n(&current, __ATOMIC_ACQUIRE);
  struct slv_ledger_header *header = (struct slv_ledger_header *)(void *)view->windows[0];
  if (header == NULL) return NULL;
  uint64_t number = __atomic_fetch_add(&header->next, 1, __ATOMIC_ACQ_REL);
  uint64_t end = SLV_CELLS_OFFSET + (number + 1) * sizeof(struct slv_cell);
  struct slv_cell *cell = NULL;
  if (number < SLV_LIFE_NO_CELL && grow(view, end)) cell = cell_at(view, (uint32_t)number);
  if (cell == NULL) {
    __atomic_fetch_add(&header->lost_cells, 1, __ATOMIC_RELAXED);
    return NULL;
  }
  cell->born = slv_ledger_now();
  uint64_t mixed = (cell->born ^ (uint64_t)slv_process.pid << 40) * 0x9e3779b97f4a7c15u;
  cell->life = (mixed >> 32 | 1) << 32 | number; // never 0
  return cell;
}

// Context: any
struct slv_cell *slv_cell_number(uint32_t number) {
  uint64_t end = SLV_CELLS_OFFSET + ((uint64_t)number + 1) * sizeof(struct slv_cell);
  if (end > __atomic_load_n(&slv_ledger()->allocated, __ATOMIC_ACQUIRE)) return NULL;
  return cell_at(__atomic_load_n(&current, __ATOMIC_ACQUIRE), number);
}

// The header is not looked at: its page would be one more fault, and what was allocated when we opened
// the file is enough. Context: constructor
struct slv_cell *slv_cell_early(uint32_t number) {
  uint64_t end = SLV_CELLS_OFFSET + ((uint64_t)number + 1) * sizeof(struct slv_cell);
  return number != SLV_LIFE_NO_CELL && end <= allocated_at_start ? cell_at(current, number) : NULL;
}

// Fills a fresh ledger that is open; the same bytes whoever writes them, the magic last.
// Context: any
static int make_ledger(int file) {
  uint64_t size = SLV_CELLS_OFFSET + SLV_LEDGER_CHUNK;
  if (!slv_file_may_grow(size) || slv_file_allocate(file, 0, size) != 0) return 0;
  char *map = map_part(file, 0, SLV_LEDGER_HEADER_SIZE);
  if (map == NULL) return 0;
  struct slv_ledger_header *header = (struct slv_ledger_header *)(void *)map;
  struct timespec real = {0, 0};
  SLV_SYS2(SYS_clock_gettime, CLOCK_REALTIME, &real);
  header->version = SLV_ABI_VERSION;
  header->header_size = SLV_LEDGER_HEADER_SIZE;
  header->cell_size = sizeof(struct slv_cell);
  header->index_entries = SLV_INDEX_ENTRIES;
  header->index_offset = SLV_LEDGER_HEADER_SIZE;
  header->cells_offset = SLV_CELLS_OFFSET;
  header->allocated = size;
  header->created = (uint64_t)real.tv_sec * 1000000000u + (uint64_t)real.tv_nsec;
  header->created_boot = slv_sys_boottime();
  header->uid = slv_process.uid;
  __atomic_store_n(&header->magic, SLV_LEDGER_MAGIC, __ATOMIC_RELEASE);
  slv_sys_munmap(map, SLV_LEDGER_HEADER_SIZE);
  return 1;
}

// Opens the ledger. A new one is made under a name of our own and linked into place, so that nobody
// ever sees half of one. Context: any
static int open_or_make(void) {
  int file = open_ledger();
  if (file != -ENOENT) return file;
  char made[sizeof slv_process.home + 40], name[sizeof slv_process.home + 8];
  char *end = slv_text(made, made + sizeof made, slv_process.home);
  end = slv_text(end, made + sizeof made, "/.ledger-");
  end = slv_decimal(end, (uint64_t)slv_process.pid);
  *end++ = '-';
  *slv_hex(end, slv_sys_boottime(), 16) = 0;
  slv_text(slv_text(name, name + sizeof name, slv_process.home), name + sizeof name, "/ledger");
  file = slv_file_open(made, O_RDWR | O_CREAT);
  if (file < 0) return file;
  int linked =
      make_ledger(file) ? (int)SLV_SYS5(SYS_linkat, AT_FDCWD, made, AT_FDCWD, name, 0) : -ENOSPC;
  slv_sys_unlinkat(AT_FDCWD, made, 0);
  if (linked == 0) return file;
  slv_sys_close(file);
  return linked == -EEXIST ? open_ledger() : linked;
}

// Whether this user's directory is its own, and not writable for others; it is made where it is missing. In
// a recording that everybody may write to (`salvage env` by root), another user could have made it, or put a
// link there, and cut off what we map. Context: any
static int has_home(void) {
  struct stat home;
  int error = slv_sys_fstatat(AT_FDCWD, slv_process.home, &home, AT_SYMLINK_NOFOLLOW);
  if (error == -ENOENT) {
    if (slv_sys_mkdirat(AT_FDCWD, slv_process.home, 0700) == 0)
      slv_sys_fchmodat(AT_FDCWD, slv_process.home, 0700); // whatever the umask
    error = slv_sys_fstatat(AT_FDCWD, slv_process.home, &home, AT_SYMLINK_NOFOLLOW);
  }
  return error == 0 && S_ISDIR(home.st_mode) && home.st_uid == slv_sys_geteuid() &&
         (home.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

// Maps the first window of this user's ledger; 0 when that fails. The file stays open in `*kept`
// unless that is NULL. Context: any
static int open_first_window(struct view *view, int *kept) {
  if (!has_home()) return 0;
  int file = open_or_make();
  if (file < 0) return 0;
  // "In use" for as long as this image or a fork child of it maps the file: no owner, no release.
  struct flock use = {
      .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = SLV_LEDGER_USE_BYTE, .l_len = 1};
  slv_sys_fcntl(file, F_OFD_SETLK, &use);
  struct slv_ledger_header header;
  // A ledger that somebody cut off would be SIGBUS. (Not fstat: who has asked for a file's times makes
  // the next store to it write new ones.)
  slv_word size = SLV_SYS3(SYS_lseek, file, 0, SEEK_END);
  int fits = slv_sys_pread(file, &header, sizeof header, 0) == (slv_word)sizeof header &&
             header.magic == SLV_LEDGER_MAGIC && header.version == SLV_ABI_VERSION &&
             header.cell_size == sizeof(struct slv_cell) &&
             header.index_entries == SLV_INDEX_ENTRIES && header.cells_offset == SLV_CELLS_OFFSET &&
             header.allocated >= SLV_CELLS_OFFSET && size >= 0 &&
             header.allocated <= (uint64_t)size;
  char *window = NULL;
  if (fits) {
    uint64_t bytes = (header.allocated + SPARE) / SLV_LEDGER_CHUNK * SLV_LEDGER_CHUNK;
    view->first = bytes < SECOND_WINDOW ? (uint32_t)bytes : SECOND_WINDOW;
    window = map_part(file, 0, view->first);
  }
  if (kept != NULL && window != NULL) *kept = file;
  else slv_sys_close(file);
  if (allocated_at_start == 0) allocated_at_start = window != NULL ? header.allocated : 0;
  view->windows[0] = window;
  return window != NULL;
}

// As open_first_window, where another user took our directory's name: in one whose name cannot be known
// before. Processes that this one executes make their own. Context: any
static int open_apart(struct view *view, int *kept) {
  return !has_home() && slv_recording_move_home() && open_first_window(view, kept);
}

// Context: constructor
int slv_ledger_open(void) {
  current->uid = slv_process.uid;
  return open_first_window(current, &slv_ledger_file);
}

// Context: constructor
int slv_ledger_open_apart(void) { return open_apart(current, &slv_ledger_file); }

// Context: constructor
void slv_ledger_close(void) {
  if (slv_ledger_file >= 0) slv_sys_close(slv_ledger_file);
  slv_ledger_file = -1;
}

// Context: any
int slv_ledger_move(void) {
  for (struct view *view = views; view != views + VIEWS; view++) {
    if (view->windows[0] != NULL && view->uid != slv_process.uid) continue;
    if (view->windows[0] == NULL) {
      view->uid = slv_process.uid;
      if (!open_first_window(view, NULL) && !open_apart(view, NULL)) return 0;
    }
    __atomic_store_n(&current, view, __ATOMIC_RELEASE);
    return 1;
  }
  return 0; // all views are other users': the last one goes on, as far as it has room
}
