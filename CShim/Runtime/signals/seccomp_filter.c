// Filters are programs of classic BPF, of the kind that seccomp(2) takes: run here over our own system
// calls, they tell whether an image that inherits them may carry our library.
#include "signals/seccomp_filter.h"

#include <linux/audit.h>
#include <linux/futex.h>
#include <linux/seccomp.h>

#include "base/bytes.h"
#include "base/facts.h"
#include "base/file.h"
#include "signals/signals.h"

// All that the library calls when an image starts, forks, execs and ends, with arguments as it has
// them where filters look at those; addresses are shown as 0.
static const struct seccomp_data calls[] = {
#define CALL(name, ...)                            \
  {                                                \
    SYS_##name, SLV_AUDIT_ARCH, 0, { __VA_ARGS__ } \
  }
    CALL(openat, (unsigned)AT_FDCWD, 0, O_RDWR | O_CREAT | O_EXCL | SLV_CAREFULLY, 0600),
    CALL(openat, (unsigned)AT_FDCWD, 0, O_RDWR | O_NOATIME | SLV_CAREFULLY),
    CALL(openat, (unsigned)AT_FDCWD, 0, O_RDONLY | O_CLOEXEC),
    CALL(openat, (unsigned)AT_FDCWD, 0, O_RDONLY | SLV_CAREFULLY),
    CALL(openat, (unsigned)AT_FDCWD, 0, O_WRONLY | O_APPEND | SLV_CAREFULLY),
    CALL(openat, (unsigned)AT_FDCWD, 0, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | SLV_CAREFULLY,
         0600),
    CALL(fcntl, 3, F_OFD_SETLK, 0),
    CALL(fcntl, 3, F_OFD_GETLK, 0),
    CALL(mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, 3, 0),
    CALL(mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, (unsigned)-1, 0),
    CALL(mremap, 0, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED),
    CALL(clock_gettime, CLOCK_BOOTTIME),
    CALL(clock_gettime, CLOCK_REALTIME),
    CALL(prlimit64, 0, RLIMIT_FSIZE, 0, 0),
    CALL(rt_sigprocmask, SIG_BLOCK, 0, 0, 8),
    CALL(fallocate, 3, 0, 0, 4096),
    CALL(newfstatat, (unsigned)AT_FDCWD, 0, 0, 0),
    CALL(read, 3, 0, 4096),
    CALL(write, 3, 0, 4096),
    CALL(writev, 3, 0, 4),
    CALL(pread64, 3, 0, 4096, 0),
    CALL(pwrite64, 3, 0, 4096, 0),
    CALL(close, 3),
    CALL(fstat, 3),
    CALL(lseek, 3, 0, SEEK_END),
    CALL(munmap, 0, 4096),
    CALL(madvise, 0, 4096),
    CALL(mincore, 0, 4096, 0),
    CALL(sysinfo, 0),
    CALL(readlinkat, (unsigned)AT_FDCWD, 0, 0, 1024),
    CALL(faccessat, (unsigned)AT_FDCWD, 0, R_OK),
    CALL(mkdirat, (unsigned)AT_FDCWD, 0, 0700),
    CALL(unlinkat, (unsigned)AT_FDCWD, 0, 0),
    CALL(linkat, (unsigned)AT_FDCWD, 0, (unsigned)AT_FDCWD, 0, 0),
    CALL(renameat2, (unsigned)AT_FDCWD, 0, (unsigned)AT_FDCWD, 0, 0),
    CALL(getpid, 0),
    CALL(getppid, 0),
    CALL(gettid, 0),
    CALL(geteuid, 0),
    CALL(getuid, 0),
    CALL(getgid, 0),
    CALL(getegid, 0),
    CALL(sched_yield, 0),
    CALL(nanosleep, 0),
    CALL(process_vm_readv, 0),
    CALL(fgetxattr, 3),
    CALL(getresuid, 0),
    CALL(getresgid, 0),
    CALL(getpgid, 0),
    CALL(rt_sigqueueinfo, 2, 32),
    CALL(futex, 0, 0, 1, 0),
    CALL(futex, 0, 1, 1),
    CALL(futex, 0, FUTEX_WAIT_PRIVATE, 2, 0),
    CALL(futex, 0, FUTEX_WAKE_PRIVATE, 1),
    CALL(timer_create, 1, 0, 0),
    CALL(timer_settime, 0, 0, 0, 0),
    CALL(timer_delete, 0),
    CALL(fchmod, 3, 0700),
    CALL(fchmod, 3, 0600),
    CALL(fchmodat, (unsigned)AT_FDCWD, 0, 0700),
    CALL(getrandom, 0, 8, 1),
    CALL(fchown, 3, 0, 0),
};

// And with the handlers of the library.
static const struct seccomp_data chained_calls[] = {
    CALL(rt_sigaction, SIGTERM, 0, 0, 8),
    CALL(sigaltstack, 0, 0),
    CALL(rt_tgsigqueueinfo, 2, 2, SIGTERM),
    CALL(tgkill, 2, 2, SIGTERM),
    CALL(kill, 2, SIGTERM),
    CALL(rt_sigpending, 0, 8),
#undef CALL
};

struct machine {
  uint32_t a, x, memory[BPF_MEMWORDS];
};

// Context: any
static void compute(struct machine *m, uint16_t code, uint32_t k) {
  uint32_t value = BPF_SRC(code) == BPF_X ? m->x : k;
  switch (BPF_OP(code)) {
    case BPF_ADD:
      m->a += value;
      break;
    case BPF_SUB:
      m->a -= value;
      break;
    case BPF_MUL:
      m->a *= value;
      break;
    case BPF_DIV:
      m->a = value != 0 ? m->a / value : 0;
      break;
    case BPF_AND:
      m->a &= value;
      break;
    case BPF_OR:
      m->a |= value;
      break;
    case BPF_XOR:
      m->a ^= value;
      break;
    case BPF_LSH:
      m->a = value < 32 ? m->a << value : 0;
      break;
    case BPF_RSH:
      m->a = value < 32 ? m->a >> value : 0;
      break;
    default:
      m->a = -m->a;
      break; // BPF_NEG
  }
}

// Context: any
static uint32_t load(const struct machine *m, uint16_t code, uint32_t k, const void *data) {
  uint32_t word = 0;
  switch (BPF_MODE(code)) {
    case BPF_ABS:
      if (k <= sizeof(struct seccomp_data) - sizeof word) {
        slv_copy(&word, (const char *)data + k, sizeof word);
      }
      return word;
    case BPF_MEM:
      return k < BPF_MEMWORDS ? m->memory[k] : 0;
    case BPF_LEN:
      return sizeof(struct seccomp_data);
    default:
      return k; // BPF_IMM
  }
}

// How far a jump goes beyond the next instruction. Context: any
static uint32_t jump(const struct machine *m, const struct sock_filter *at) {
  uint32_t value = BPF_SRC(at->code) == BPF_X ? m->x : at->k;
  int taken = 0;
  switch (BPF_OP(at->code)) {
    case BPF_JA:
      return at->k;
    case BPF_JEQ:
      taken = m->a == value;
      break;
    case BPF_JGT:
      taken = m->a > value;
      break;
    case BPF_JGE:
      taken = m->a >= value;
      break;
    default:
      taken = (m->a & value) != 0;
      break; // BPF_JSET
  }
  return taken ? at->jt : at->jf;
}

// What the filter answers. The kernel has not checked it yet: a jump may lead anywhere. Context: any
static uint32_t answer(const struct sock_fprog *program, const struct seccomp_data *call) {
  struct machine m;
  slv_zero(&m, sizeof m);
  for (uint64_t i = 0; i < program->len; i++) {
    const struct sock_filter *at = &program->filter[i];
    switch (BPF_CLASS(at->code)) {
      case BPF_LD:
        m.a = load(&m, at->code, at->k, call);
        break;
      case BPF_LDX:
        m.x = load(&m, at->code, at->k, call);
        break;
      case BPF_ST:
        if (at->k < BPF_MEMWORDS) m.memory[at->k] = m.a;
        break;
      case BPF_STX:
        if (at->k < BPF_MEMWORDS) m.memory[at->k] = m.x;
        break;
      case BPF_ALU:
        compute(&m, at->code, at->k);
        break;
      case BPF_JMP:
        i += jump(&m, at);
        break;
      case BPF_RET:
        return BPF_RVAL(at->code) == BPF_A ? m.a : at->k;
      default: // BPF_MISC
        if (BPF_MISCOP(at->code) == BPF_TAX) m.x = m.a;
        else m.a = m.x;
        break;
    }
  }
  return SECCOMP_RET_KILL_PROCESS;
}

// Context: any
static int is_harsh(const struct sock_fprog *program, const struct seccomp_data *call,
                    size_t count) {
  for (; count != 0; count--, call++) {
    uint32_t action = answer(program, call) & SECCOMP_RET_ACTION_FULL;
    if (action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG && action != SECCOMP_RET_ERRNO) {
      return 1;
    }
  }
  return 0;
}

// A copy of our own memory, as the kernel reads it: -EFAULT where we would fault. Context: any
static slv_word peek(void *to, const void *from, size_t bytes) {
  struct iovec local = {to, bytes}, remote = {(void *)(uintptr_t)from, bytes};
  return SLV_SYS6(SYS_process_vm_readv, slv_sys_getpid(), &local, 1, &remote, 1, 0);
}

// Context: any
int slv_filter_is_harsh(const struct sock_fprog *program) {
  struct sock_fprog copy;
  if (peek(&copy, program, sizeof copy) != (slv_word)sizeof copy) return 1;
  if (copy.len == 0 || copy.len > BPF_MAXINSNS) return 1; // the kernel will refuse it
  const size_t bytes = copy.len * sizeof *copy.filter;
  struct sock_filter *room =
      slv_sys_mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (slv_failed(room)) return 1;
  int harsh = peek(room, copy.filter, bytes) != (slv_word)bytes;
  copy.filter = room;
  if (!harsh) harsh = is_harsh(&copy, calls, sizeof calls / sizeof *calls);
  if (!harsh && slv_chained) {
    harsh = is_harsh(&copy, chained_calls, sizeof chained_calls / sizeof *chained_calls);
  }
  slv_sys_munmap(room, bytes);
  return harsh;
}
