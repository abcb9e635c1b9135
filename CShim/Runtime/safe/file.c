// Files of the recording: growing them without a signal, a hole or a truncation.
#include "file.h"

#include "poison.h" // last

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
