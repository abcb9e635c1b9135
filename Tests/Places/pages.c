// What the kernel does with a page of static data that holds counters too: `pages` lists the requests,
// `pages NAME` makes one and prints how it ended. Built without coverage, and linked with a unit that has some.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/capability.h>
#include <linux/if_xdp.h>
#include <linux/io_uring.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_mseal
#define SYS_mseal 462
#endif

int counted(int x);

enum { SIZE = 4096 };
#ifdef __clang__ // counters are in a section of initialised data
extern char __start___llvm_prf_cnts[] __attribute__((visibility("hidden")));
static char beside[64] = "initial";
#define page ((char *)((uintptr_t)__start___llvm_prf_cnts & ~(uintptr_t)(SIZE - 1)))
#else // they are static variables without a value; those of counted.c come next
static char beside[64] __attribute__((aligned(4096)));
#define page beside
#endif

// Without stdio, some of whose data lies in the page too.
static int say(const char *text) { return dprintf(1, "%s\n", text); }
static int result(long value) { return say(value >= 0 ? "done" : strerrorname_np(errno)); }

static int io_uring_register_buffers(void) {
  struct io_uring_params parameters = {0};
  struct iovec buffer = {page, SIZE};
  int ring = (int)syscall(SYS_io_uring_setup, 4, &parameters);
  return result(ring < 0 ? ring : syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, &buffer, 1));
}

// As RDMA and others: pinned for as long as the program likes.
static int xdp_umem(void) {
  struct xdp_umem_reg area = {.addr = (uintptr_t)page, .len = SIZE, .chunk_size = SIZE};
  int fd = socket(AF_XDP, SOCK_RAW, 0);
  return result(fd < 0 ? fd : setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &area, sizeof area));
}

static int splice_with(unsigned flags) {
  int ends[2];
  char back[SIZE];
  struct iovec piece = {page, SIZE};
  if (pipe(ends) != 0 || vmsplice(ends[1], &piece, 1, flags) != SIZE) return result(-1);
  return read(ends[0], back, SIZE) == SIZE && memcmp(back, page, SIZE) == 0 ? result(0) : say("CHANGED");
}
static int vmsplice_plain(void) { return splice_with(0); }
static int vmsplice_gift(void) { return splice_with(SPLICE_F_GIFT); }

static int direct(int writes) {
  int fd = open("direct", O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (fd < 0 || write(fd, page, SIZE) != SIZE || fsync(fd) != 0) return result(-1);
  fd = open("direct", O_RDWR | O_DIRECT);
  if (fd < 0) return result(fd);
  return result(writes ? pwrite(fd, page, SIZE, 0) : pread(fd, page, SIZE, 0));
}
static int direct_read(void) { return direct(0); }
static int direct_write(void) { return direct(1); }

static int aio_read(void) {
  aio_context_t context = 0;
  struct io_event event;
  int fd = open("direct", O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (fd < 0 || write(fd, page, SIZE) != SIZE) return result(-1);
  struct iocb block = {.aio_fildes = (unsigned)fd, .aio_lio_opcode = IOCB_CMD_PREAD, .aio_buf = (uintptr_t)page, .aio_nbytes = SIZE};
  struct iocb *blocks[1] = {&block};
  if (syscall(SYS_io_setup, 1, &context) != 0 || syscall(SYS_io_submit, context, 1, blocks) != 1) return result(-1);
  syscall(SYS_io_getevents, context, 1, 1, &event, NULL);
  errno = (int)-event.res;
  return result((long)event.res);
}

static int fault_register(unsigned long long mode) {
  int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
  struct uffdio_api api = {.api = UFFD_API};
  struct uffdio_register range = {.range = {(uintptr_t)page, SIZE}, .mode = mode};
  if (fd < 0 || ioctl(fd, UFFDIO_API, &api) != 0) return result(-1);
  return result(ioctl(fd, UFFDIO_REGISTER, &range));
}
static int userfaultfd_missing(void) { return fault_register(UFFDIO_REGISTER_MODE_MISSING); }
static int userfaultfd_protect(void) { return fault_register(UFFDIO_REGISTER_MODE_WP); }
static int userfaultfd_minor(void) { return fault_register(UFFDIO_REGISTER_MODE_MINOR); }

// As a user without privileges, with the usual limit.
static int limited(int all) {
  struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct none[2] = {{0, 0, 0}, {0, 0, 0}};
  struct rlimit limit = {all ? 8u << 20 : SIZE, all ? 8u << 20 : SIZE};
  if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0 || syscall(SYS_capset, &head, none) != 0) return result(-1);
  return result(all ? mlockall(MCL_CURRENT) : mlock(page, SIZE));
}
static int lock_page(void) { return limited(0); }
static int lock_all_of_8_MiB(void) { return limited(1); }
static int lock_on_fault(void) { return result(mlock2(page, SIZE, MLOCK_ONFAULT)); }

// What the data is afterwards is told too.
static int advised(int advice) {
  strcpy(beside, "changed");
  if (madvise(page, SIZE, advice) != 0) return result(-1);
  dprintf(1, "done, %s\n", strcmp(beside, "changed") == 0 ? "data as it was" : beside[0] ? "data of the file" : "zeros");
  return 0;
}
static int advise_dontneed(void) { return advised(MADV_DONTNEED); }
static int advise_free(void) { return advised(MADV_FREE); }
static int advise_remove(void) { return advised(MADV_REMOVE); }
static int advise_mergeable(void) { return advised(MADV_MERGEABLE); }
static int advise_hugepage(void) { return advised(MADV_HUGEPAGE); }
static int advise_nohugepage(void) { return advised(MADV_NOHUGEPAGE); }
static int advise_collapse(void) { return advised(25); }
static int advise_wipeonfork(void) { return advised(MADV_WIPEONFORK); }
static int advise_dontdump(void) { return advised(MADV_DONTDUMP); }
static int advise_cold(void) { return advised(MADV_COLD); }
static int advise_pageout(void) { return advised(MADV_PAGEOUT); }
static int advise_populate(void) { return advised(MADV_POPULATE_WRITE); }
static int advise_sequential(void) { return advised(MADV_SEQUENTIAL); }
static int advise_guard(void) {
  // What is guarded faults when it is touched.
  return result(madvise(page, SIZE, 102));
}

static int after_fork(const char *want) {
  pid_t child = fork();
  if (child == 0) _exit(strcmp(beside, want) != 0);
  int status = 0;
  waitpid(child, &status, 0);
  if (child < 0) return result(-1);
  if (WIFSIGNALED(status)) return dprintf(1, "child: %s\n", sigabbrev_np(WTERMSIG(status)));
  return say(status == 0 ? "child has the data" : "CHILD HAS OTHER DATA");
}
static int fork_plain(void) {
  strcpy(beside, "changed");
  return after_fork("changed");
}
static int fork_without_page(void) {
  if (madvise(page, SIZE, MADV_DONTFORK) != 0) return result(-1);
  return after_fork("initial");
}
static int fork_read_only(void) {
  if (mprotect(page, SIZE, PROT_READ) != 0) return result(-1);
  return after_fork("initial");
}
static int fork_sealed(void) {
  if (syscall(SYS_mseal, page, SIZE, 0) != 0) return result(-1);
  return after_fork("initial");
}
static int fork_locked(void) {
  if (mlock(page, SIZE) != 0) return result(-1);
  return after_fork("initial");
}

static int protect_none_and_back(void) {
  return result(mprotect(page, SIZE, PROT_NONE) | mprotect(page, SIZE, PROT_READ | PROT_WRITE));
}
static int protect_executable(void) { return result(mprotect(page, SIZE, PROT_READ | PROT_WRITE | PROT_EXEC)); }
static int protect_with_key(void) {
  int key = pkey_alloc(0, 0);
  return result(key < 0 ? key : pkey_mprotect(page, SIZE, PROT_READ | PROT_WRITE, key));
}

static int vm(int writes) {
  char text[8] = "foreign";
  struct iovec own = {text, sizeof text}, other = {beside, sizeof text};
  return result(writes ? process_vm_writev(getpid(), &own, 1, &other, 1, 0) : process_vm_readv(getpid(), &own, 1, &other, 1, 0));
}
static int vm_read(void) { return vm(0); }
static int vm_write(void) { return vm(1); }
// As debuggers do.
static int memory_file_write(void) {
  int fd = open("/proc/self/mem", O_RDWR);
  return result(fd < 0 ? fd : pwrite(fd, "foreign", 8, (off_t)(uintptr_t)beside));
}
static int memory_file_write_read_only(void) {
  if (mprotect(page, SIZE, PROT_READ) != 0) return result(-1);
  return memory_file_write();
}

static int remap_moved(void) {
  char *there = mremap(page, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, page + (1 << 30));
  if (there == MAP_FAILED) return result(-1);
  return result(mremap(there, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, page) == page ? 0 : -1);
}
static int remap_twice(void) { return result(mremap(page, 0, SIZE, MREMAP_MAYMOVE) == MAP_FAILED ? -1 : 0); }
static int remap_grown(void) { return result(mremap(page, SIZE, 2 * SIZE, MREMAP_MAYMOVE) == MAP_FAILED ? -1 : 0); }
static int remap_pages(void) { return result(syscall(SYS_remap_file_pages, page, SIZE, 0, 0, 0)); }
static int map_over(void) {
  void *at = mmap(page, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  return result(at == MAP_FAILED ? -1 : 0);
}

static int sync_page(void) { return result(msync(page, SIZE, MS_SYNC)); }
static int bind_memory(void) {
  unsigned long node = 1;
  return result(syscall(SYS_mbind, page, SIZE, 2, &node, 64, 0));
}
static int futex_shared(void) { return result(syscall(SYS_futex, page, 1, 1, NULL, NULL, 0)); }
static int zero_copy(void) {
  int one = 1, fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof one) != 0) return result(-1);
  return result(sendto(fd, page, SIZE, MSG_ZEROCOPY, (struct sockaddr *)&there, sizeof there));
}

#define REQUEST(name) {#name, name}
static const struct {
  const char *name;
  int (*make)(void);
} REQUESTS[] = {
    REQUEST(io_uring_register_buffers), REQUEST(xdp_umem), REQUEST(vmsplice_plain), REQUEST(vmsplice_gift),
    REQUEST(direct_read), REQUEST(direct_write), REQUEST(aio_read), REQUEST(userfaultfd_missing),
    REQUEST(userfaultfd_protect), REQUEST(userfaultfd_minor), REQUEST(lock_page), REQUEST(lock_all_of_8_MiB),
    REQUEST(lock_on_fault), REQUEST(advise_dontneed), REQUEST(advise_free), REQUEST(advise_remove),
    REQUEST(advise_mergeable), REQUEST(advise_hugepage), REQUEST(advise_nohugepage), REQUEST(advise_collapse),
    REQUEST(advise_wipeonfork), REQUEST(advise_dontdump), REQUEST(advise_cold), REQUEST(advise_pageout),
    REQUEST(advise_populate), REQUEST(advise_sequential), REQUEST(advise_guard), REQUEST(fork_plain),
    REQUEST(fork_without_page), REQUEST(fork_read_only), REQUEST(fork_sealed), REQUEST(fork_locked),
    REQUEST(protect_none_and_back), REQUEST(protect_executable), REQUEST(protect_with_key), REQUEST(vm_read),
    REQUEST(vm_write), REQUEST(memory_file_write), REQUEST(memory_file_write_read_only), REQUEST(remap_moved),
    REQUEST(remap_twice), REQUEST(remap_grown), REQUEST(remap_pages), REQUEST(map_over), REQUEST(sync_page),
    REQUEST(bind_memory), REQUEST(futex_shared), REQUEST(zero_copy),
};

int main(int argc, char *argv[]) {
  counted(argc);
  strcpy(beside, "initial");
  if (beside < page || beside >= page + SIZE) return say("the data is not beside the counters"), 2;
  for (size_t i = 0; i < sizeof REQUESTS / sizeof *REQUESTS; i++) {
    if (argc < 2) say(REQUESTS[i].name);
    else if (strcmp(argv[1], REQUESTS[i].name) == 0) {
      REQUESTS[i].make();
      _exit(0); // what is left of the page may be nobody's
    }
  }
  return argc < 2 ? 0 : 64;
}
