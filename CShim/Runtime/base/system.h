// Raw system calls. Every wrapper returns the kernel's value,
// -errno on failure; errno is never touched, nothing is a cancellation point.
#ifndef SLV_SYS_H
#define SLV_SYS_H

#include <errno.h> // the numbers only
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

#include "base/processor.h"

typedef long slv_word;

#include SLV_PROCESSOR_FILE(base, system.h)

#define SLV_SYS0(n) slv_syscall6(n, 0, 0, 0, 0, 0, 0)
#define SLV_SYS1(n, a) slv_syscall6(n, (slv_word)(a), 0, 0, 0, 0, 0)
#define SLV_SYS2(n, a, b) slv_syscall6(n, (slv_word)(a), (slv_word)(b), 0, 0, 0, 0)
#define SLV_SYS3(n, a, b, c) slv_syscall6(n, (slv_word)(a), (slv_word)(b), (slv_word)(c), 0, 0, 0)
#define SLV_SYS4(n, a, b, c, d) \
  slv_syscall6(n, (slv_word)(a), (slv_word)(b), (slv_word)(c), (slv_word)(d), 0, 0)
#define SLV_SYS5(n, a, b, c, d, e) \
  slv_syscall6(n, (slv_word)(a), (slv_word)(b), (slv_word)(c), (slv_word)(d), (slv_word)(e), 0)
#define SLV_SYS6(n, a, b, c, d, e, f)                                                        \
  slv_syscall6(n, (slv_word)(a), (slv_word)(b), (slv_word)(c), (slv_word)(d), (slv_word)(e), \
               (slv_word)(f))

// Functions, not casts: gcc warns of a cast whose value is not used. Context: any
static inline int slv_int(slv_word value) { return (int)value; }

// Context: any
static inline void *slv_pointer(slv_word value) { return (void *)value; }

#define slv_sys_openat(dir, path, flags, mode) slv_int(SLV_SYS4(SYS_openat, dir, path, flags, mode))
#define slv_sys_open(path, flags, mode) slv_sys_openat(AT_FDCWD, path, (flags) | O_CLOEXEC, mode)
#define slv_sys_close(fd) slv_int(SLV_SYS1(SYS_close, fd))
#define slv_sys_read(fd, p, n) SLV_SYS3(SYS_read, fd, p, n)
#define slv_sys_write(fd, p, n) SLV_SYS3(SYS_write, fd, p, n)
#define slv_sys_writev(fd, v, n) SLV_SYS3(SYS_writev, fd, v, n)
#define slv_sys_pread(fd, p, n, o) SLV_SYS4(SYS_pread64, fd, p, n, o)
#define slv_sys_pwrite(fd, p, n, o) SLV_SYS4(SYS_pwrite64, fd, p, n, o)
#define slv_sys_fallocate(fd, m, o, n) slv_int(SLV_SYS4(SYS_fallocate, fd, m, o, n))
#define slv_sys_fcntl(fd, c, a) SLV_SYS3(SYS_fcntl, fd, c, a)
#define slv_sys_fstat(fd, st) slv_int(SLV_SYS2(SYS_fstat, fd, st))
#define slv_sys_fstatat(dir, path, st, fl) slv_int(SLV_SYS4(SYS_newfstatat, dir, path, st, fl))
#define slv_sys_mmap(a, n, p, fl, fd, o) slv_pointer(SLV_SYS6(SYS_mmap, a, n, p, fl, fd, o))
#define slv_sys_munmap(a, n) slv_int(SLV_SYS2(SYS_munmap, a, n))
#define slv_sys_mremap(a, o, n, f, t) slv_pointer(SLV_SYS5(SYS_mremap, a, o, n, f, t))
#define slv_sys_mkdirat(d, p, m) slv_int(SLV_SYS3(SYS_mkdirat, d, p, m))
#define slv_sys_unlinkat(d, p, f) slv_int(SLV_SYS3(SYS_unlinkat, d, p, f))
#define slv_sys_renameat(d, p, e, q) slv_int(SLV_SYS5(SYS_renameat2, d, p, e, q, 0))
#define slv_sys_readlinkat(d, p, b, n) SLV_SYS4(SYS_readlinkat, d, p, b, n)
#define slv_sys_fchmodat(d, p, m) slv_int(SLV_SYS3(SYS_fchmodat, d, p, m))
#define slv_sys_faccessat(d, p, m) slv_int(SLV_SYS3(SYS_faccessat, d, p, m))
#define slv_sys_getpid() slv_int(SLV_SYS0(SYS_getpid))
#define slv_sys_getppid() slv_int(SLV_SYS0(SYS_getppid))
#define slv_sys_gettid() slv_int(SLV_SYS0(SYS_gettid))
#define slv_sys_geteuid() ((uid_t)SLV_SYS0(SYS_geteuid))
#define slv_sys_getegid() ((gid_t)SLV_SYS0(SYS_getegid))
#define slv_sys_sched_yield() slv_int(SLV_SYS0(SYS_sched_yield))
// The kernel's signal set is 8 bytes, glibc's 128.
#define slv_sys_sigmask(how, set, old) slv_int(SLV_SYS4(SYS_rt_sigprocmask, how, set, old, 8))
#define slv_sys_getrlimit(r, l) slv_int(SLV_SYS4(SYS_prlimit64, 0, r, 0, l))

// True for the range that the kernel uses for errors. Context: any
static inline int slv_failed(const void *pointer) { return (uintptr_t)pointer > (uintptr_t)-4096; }

// Nanoseconds of CLOCK_BOOTTIME; the raw call, for the vdso may not be relocated yet. Context: any
static inline uint64_t slv_sys_boottime(void) {
  struct timespec t;
  if (SLV_SYS2(SYS_clock_gettime, CLOCK_BOOTTIME, &t) != 0) return 0;
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// Blocks every signal that can be blocked, libc's own included. Context: any
static inline void slv_signals_block(uint64_t *old) {
  uint64_t all = ~0ull;
  slv_sys_sigmask(SIG_BLOCK, &all, old);
}

// Context: any
static inline void slv_signals_restore(const uint64_t *old) {
  slv_sys_sigmask(SIG_SETMASK, old, NULL);
}

#endif
