// The file of Python lines: made, mapped and grown. See python/arena.c, whose lock is held here.
#include "base/file.h"
#include "python/recorder.h"

#define CHUNK (256u << 10) // the file grows by this

static char *windows[SLV_PYTHON_WINDOWS]; // [0] has header and directory
static uint32_t owner;                    // the user whose file is open; only that one can grow it
static int opened;                        // 0 not yet, 1 yes, < 0 -errno
static uint64_t known_size;               // the file is at least so long

// Context: any
static int open_file(int flags) {
  char path[sizeof slv_process.home + 24];
  char *end = slv_text(path, path + sizeof path, slv_process.home);
  end = slv_text(end, path + sizeof path, "/python-");
  *slv_hex(end, slv_process.context, 8) = 0;
  return slv_file_open(path, O_RDWR | flags);
}

// Context: any
struct slv_python_header *slv_python_file_header(void) {
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
  uint64_t allocated = 0;
  int error = slv_file_extend(file, &allocated, 0, SLV_PYTHON_DATA_OFFSET);
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
int slv_python_file_open(int *changed) {
  *changed = 0;
  if (slv_process.sandboxed) return opened == 1 && owner == slv_process.uid ? 0 : -EPERM;
  if (opened != 0 && owner == slv_process.uid) return opened < 0 ? opened : 0;
  *changed = 1;
  owner = slv_process.uid;
  known_size = 0;
  for (unsigned n = 0; n < SLV_PYTHON_WINDOWS; n++) windows[n] = NULL;
  int file = open_file(O_CREAT), error = file < 0 ? file : check_header(file);
  if (error == 0) error = map_window(file, 0);
  if (file >= 0) slv_sys_close(file);
  opened = error == 0 ? 1 : error;
  return error;
}

// Context: thread
char *slv_python_file_bytes(uint64_t offset, uint64_t size) {
  uint64_t n = offset / SLV_PYTHON_WINDOW, within = offset % SLV_PYTHON_WINDOW;
  uint64_t end = __atomic_load_n(&slv_python_file_header()->allocated, __ATOMIC_ACQUIRE) +
                 SLV_PYTHON_DATA_OFFSET;
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

// Context: thread
int slv_python_file_grow(uint64_t end) {
  uint64_t old = __atomic_load_n(&slv_python_file_header()->allocated, __ATOMIC_ACQUIRE);
  if (end <= old) return 0;
  uint64_t size = (end + CHUNK - 1) / CHUNK * CHUNK;
  if (size + SLV_PYTHON_DATA_OFFSET > (uint64_t)SLV_PYTHON_WINDOWS * SLV_PYTHON_WINDOW)
    return -EDQUOT; // full by its own limit
  if (slv_process.sandboxed) return -EPERM;
  if (!slv_file_may_grow(size + SLV_PYTHON_DATA_OFFSET)) return -EFBIG;
  int file = open_file(0);
  if (file < 0) return file;
  int error =
      slv_file_extend(file, &slv_python_file_header()->allocated, SLV_PYTHON_DATA_OFFSET, size);
  slv_sys_close(file);
  return error;
}
