// Files of the recording: opening them where others can write too, and growing them without a signal, a hole
// or a truncation.
#include "base/file.h"

#include "base/poison.h" // last

// Opens a file of this user's directory, whose owner was looked at (ledger/cells.c); with O_CREAT makes it where it
// is not there. It is made by O_EXCL, so that what O_CREAT opens is never another's, and its mode does not
// follow the umask: 0777 would close it to this very user. What is no regular file fails at the first use.
// Context: any
int slv_file_open(const char *path, int flags) {
  int file = slv_sys_open(path, (flags & ~O_CREAT) | SLV_CAREFULLY, 0);
  if (file != -ENOENT || !(flags & O_CREAT)) return file;
  file = slv_sys_open(path, flags | O_EXCL | SLV_CAREFULLY, 0600);
  if (file == -EEXIST) return slv_sys_open(path, (flags & ~O_CREAT) | SLV_CAREFULLY, 0);
  if (file >= 0) SLV_SYS2(SYS_fchmod, file, 0600);
  return file;
}

// Opens a regular file for reading that must belong to `owner`, or root. Context: any
int slv_file_open_of(const char *path, uid_t owner) {
  struct stat st;
  int file = slv_sys_open(path, O_RDONLY | SLV_CAREFULLY, 0);
  if (file < 0) return file;
  int error = slv_sys_fstat(file, &st);
  if (error == 0 && !S_ISREG(st.st_mode)) error = -EINVAL;
  if (error == 0 && st.st_uid != owner && st.st_uid != 0) error = -EPERM;
  if (error == 0) return file;
  slv_sys_close(file);
  return error;
}

// Whether a file may grow to `bytes`: past RLIMIT_FSIZE the kernel sends SIGXFSZ. Context: any
int slv_file_may_grow(uint64_t bytes) {
  struct rlimit limit;
  return slv_sys_getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY ||
         bytes <= limit.rlim_cur;
}

// Gives [from, from + bytes) blocks. -errno on failure; file systems without fallocate get zeros
// written, which must not hit data: only for ranges that nobody uses yet. Context: any
int slv_file_allocate(int file, uint64_t from, uint64_t bytes) {
  static const char zeros[4096];
  int error = slv_sys_fallocate(file, 0, from, bytes);
  if (error != -EOPNOTSUPP && error != -ENOSYS) return error;
  for (uint64_t done = 0; done < bytes;) {
    uint64_t step = bytes - done < sizeof zeros ? bytes - done : sizeof zeros;
    slv_word n = slv_sys_pwrite(file, zeros, step, from + done);
    if (n <= 0) return n == 0 ? -ENOSPC : (int)n;
    done += (uint64_t)n;
  }
  return 0;
}

#define EXTEND_BYTE 0x7fff000000000001ull // locked by the process that writes zeros
#define TRIES 1000

// Context: any
static void raise_to(uint64_t *allocated, uint64_t size) {
  uint64_t old = __atomic_load_n(allocated, __ATOMIC_ACQUIRE);
  while (old < size &&
         !__atomic_compare_exchange_n(allocated, &old, size, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
    ;
}

// Context: any
static int lock_extension(int file, short type) {
  struct flock lock = {
      .l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)EXTEND_BYTE, .l_len = 1};
  return (int)slv_sys_fcntl(file, F_OFD_SETLK, &lock);
}

// Writes zeros, which must not hit what another process has stored: one process at a time does it, behind
// what is allocated, and raises that before the next one looks. Context: any
static int extend_by_zeros(int file, uint64_t *allocated, uint64_t base, uint64_t size) {
  int held = -EAGAIN, error = 0;
  for (int i = 0; i < TRIES && held != 0; i++) { // its holder may be stopped
    held = lock_extension(file, F_WRLCK);
    if (held != 0 && held != -EAGAIN && held != -EACCES) return held;
    if (held != 0) slv_sys_sched_yield();
  }
  uint64_t old = __atomic_load_n(allocated, __ATOMIC_ACQUIRE);
  if (old < size) error = held == 0 ? slv_file_allocate(file, base + old, size - old) : -EAGAIN;
  if (error == 0) raise_to(allocated, size);
  if (held == 0)
    lock_extension(file, F_UNLCK); // a fork child of another thread may have the descriptor
  return error;
}

// Gives a file that several processes grow blocks up to `base + size`, and raises `*allocated` to `size`; it
// has blocks up to `base + *allocated`, and none stores behind that. -errno on failure. File systems without
// fallocate (FUSE, NFS before 4.2) get zeros written. Context: any
int slv_file_extend(int file, uint64_t *allocated, uint64_t base, uint64_t size) {
  uint64_t old = __atomic_load_n(allocated, __ATOMIC_ACQUIRE);
  if (old >= size) return 0;
  int error = slv_sys_fallocate(file, 0, base + old, size - old);
  if (error == -EOPNOTSUPP || error == -ENOSYS) return extend_by_zeros(file, allocated, base, size);
  if (error == 0) raise_to(allocated, size);
  return error;
}
