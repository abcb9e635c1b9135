// Looking at a file that is about to be executed. Raw calls only: also runs in a vfork child.
#define _GNU_SOURCE 1
#include "target.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <sys/auxv.h>

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#else
#define MACHINE EM_AARCH64
#endif

// Lines of `#!` that Linux follows before it says ELOOP (fs/exec.c, exec_binprm).
#define SCRIPT_DEPTH 5
// Of a file, Linux looks at this much to find `#!` (BINPRM_BUF_SIZE).
#define SCRIPT_LINE 256
#define OLDEST_GLIBC 17

struct head {
  int fd;
  int borrowed; // the caller's descriptor: stays open
  slv_word size;
  struct stat st;
  unsigned char bytes[1024];
};

static int identity_split;

// Context: any
void slv_target_split_identity(int differ) { identity_split = differ; }

// Opens what was found. A file that can be executed but not read, or no free descriptor: nothing to
// see. Context: any
static int open_head(struct head *head, int dir, const char *path, int flags) {
  const int how = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  head->st.st_mode = 0;
  int r = slv_sys_fstatat(dir, path, &head->st, flags & (AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW));
  if (r != 0) return r;
  if (!S_ISREG(head->st.st_mode)) return -EACCES;
  head->borrowed = path[0] == 0;
  head->fd = head->borrowed ? dir : slv_sys_openat(dir, path, how, 0);
  if (head->fd < 0 && !head->borrowed) return head->fd;
  head->size = slv_sys_pread(head->fd, head->bytes, sizeof head->bytes, 0);
  if (head->size == -EBADF && head->borrowed) { // O_PATH
    char link[32] = "/proc/self/fd/";
    *slv_decimal(link + 14, (uint64_t)dir) = 0;
    head->borrowed = 0;
    if ((head->fd = slv_sys_openat(AT_FDCWD, link, how, 0)) < 0) return head->fd;
    head->size = slv_sys_pread(head->fd, head->bytes, sizeof head->bytes, 0);
  }
  return 0;
}

// Context: any
static void close_head(const struct head *head) {
  if (!head->borrowed) slv_sys_close(head->fd);
}

// `bytes` of the file at `offset` into `to`; 1 when all are there. Context: any
static int read_at(const struct head *head, void *to, size_t bytes, uint64_t offset) {
  if (head->size >= 0 && offset <= (uint64_t)head->size && bytes <= (uint64_t)head->size - offset) {
    slv_copy(to, head->bytes + offset, bytes);
    return 1;
  }
  return offset <= INT64_MAX && slv_sys_pread(head->fd, to, bytes, offset) == (slv_word)bytes;
}

// The interpreter of a `#!` line as Linux (fs/binfmt_script.c) reads it; 0 when it would say ENOEXEC.
// Context: any
static int script_interpreter(const struct head *head, char *name) {
  const char *line = (const char *)head->bytes;
  size_t end = 2, n = 0;
  size_t limit = head->size < SCRIPT_LINE ? (size_t)head->size : SCRIPT_LINE;
  while (end < limit && (line[end] == ' ' || line[end] == '\t')) end++;
  for (; end < limit; end++) {
    char c = line[end];
    if (c == ' ' || c == '\t' || c == '\n' || c == 0) break;
    name[n++] = c;
  }
  if (end == SCRIPT_LINE) return 0;
  name[n] = 0;
  return n != 0;
}

// The loader that this very process was started with: where an exec names the same one, it is a glibc
// that can carry our library. NULL when it was started in another way. Context: any
static const char *own_loader(void) {
  static const char *found;
  const char *loader = __atomic_load_n(&found, __ATOMIC_RELAXED);
  if (loader != NULL) return *loader != 0 ? loader : NULL;
  const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
  size_t n = headers != NULL ? getauxval(AT_PHNUM) : 0;
  uintptr_t bias = 0, offset = 0;
  for (size_t i = 0; i < n; i++) {
    if (headers[i].p_type == PT_PHDR) bias = (uintptr_t)headers - headers[i].p_vaddr;
    if (headers[i].p_type == PT_INTERP) offset = headers[i].p_vaddr;
  }
  loader = offset != 0 ? (const char *)(bias + offset) : "";
  __atomic_store_n(&found, loader, __ATOMIC_RELAXED);
  return *loader != 0 ? loader : NULL;
}

// Context: any
static int is_glibc_loader(const char *path) {
  const char *base = slv_basename(path);
  return slv_starts(base, "ld-linux") || slv_starts(base, "ld-lsb") || slv_starts(base, "ld.so") ||
         slv_starts(base, "ld64.so") || slv_starts(base, "ld-2.");
}

// Until 2.33 the loader's name is a link to ld-2.NN.so. Context: any
static int is_old_glibc(const char *path) {
  char link[256];
  slv_word n = slv_sys_readlinkat(AT_FDCWD, path, link, sizeof link - 1);
  if (n <= 0) return 0;
  link[n] = 0;
  const char *base = slv_basename(link);
  if (!slv_starts(base, "ld-2.")) return 0;
  int minor = 0;
  for (base += 5; *base >= '0' && *base <= '9'; base++) minor = minor * 10 + (*base - '0');
  return minor < OLDEST_GLIBC;
}

// The path in PT_INTERP; 0: none, -1: can't be told. Context: any
static int elf_interpreter(const struct head *head, const ElfW(Ehdr) *elf, char *name, size_t room) {
  if (elf->e_phentsize != sizeof(ElfW(Phdr))) return -1;
  for (size_t i = 0; i < elf->e_phnum; i++) {
    ElfW(Phdr) segment;
    if (!read_at(head, &segment, sizeof segment, elf->e_phoff + i * sizeof segment)) return -1;
    if (segment.p_type != PT_INTERP) continue;
    size_t n = segment.p_filesz < room ? segment.p_filesz : room - 1;
    if (!read_at(head, name, n, segment.p_offset)) return -1;
    name[n] = 0;
    return 1;
  }
  return 0;
}

// Would ld.so ignore LD_PRELOAD? Whether the mount or no_new_privs voids the bits is not asked: then
// the program is entered, and what was guessed here forgotten. Context: any
static int is_secure(const struct head *head) {
  mode_t mode = head->st.st_mode;
  if (identity_split) return 1;
  if ((mode & S_ISUID) != 0 && head->st.st_uid != (uid_t)SLV_SYS0(SYS_getuid)) return 1;
  if ((mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
      head->st.st_gid != (gid_t)SLV_SYS0(SYS_getgid)) {
    return 1;
  }
  if (slv_process.uid == 0) return 0; // root has all capabilities already
  return SLV_SYS4(SYS_fgetxattr, head->fd, "security.capability", NULL, 0) > 0;
}

// Context: any
static void look_at_elf(struct slv_target *target, const struct head *head, const char *path) {
  char interpreter[256];
  ElfW(Ehdr) elf;
  if (!read_at(head, &elf, sizeof elf, 0)) return;
  if (elf.e_ident[EI_CLASS] != ELFCLASS64 || elf.e_machine != MACHINE) {
    target->take_out = 1;
    target->loss = SLV_LOSS_OTHER_ARCH;
    return;
  }
  int found = elf_interpreter(head, &elf, interpreter, sizeof interpreter);
  if (found < 0) return;
  if (found == 0) { // the loader as a command is entered: it obeys LD_PRELOAD
    if (!is_glibc_loader(path)) target->loss = SLV_LOSS_STATIC;
    return;
  }
  const char *own = own_loader();
  if (own == NULL || !slv_same(interpreter, own)) {
    if (!is_glibc_loader(interpreter)) target->loss = SLV_LOSS_MUSL;
    else if (is_old_glibc(interpreter)) target->loss = SLV_LOSS_OLD_GLIBC;
    target->take_out = target->loss != SLV_LOSS_NONE;
  }
  if (target->loss == SLV_LOSS_NONE && is_secure(head)) target->loss = SLV_LOSS_SECURE;
}

// Context: any
void slv_target_look(struct slv_target *target, int dir, const char *path, int flags) {
  char script[SCRIPT_LINE];
  struct head head;
  slv_zero(target, sizeof *target);
  for (int depth = 0; depth <= SCRIPT_DEPTH; depth++) {
    int r = open_head(&head, dir, path, flags);
    if (depth == 0) {
      if (r == -ENOENT || r == -ENOTDIR) target->missing = -r;
      target->plausible = target->missing == 0 && S_ISREG(head.st.st_mode) && (head.st.st_mode & 0111);
    }
    if (r != 0) break;
    int is_script = head.size >= 3 && head.bytes[0] == '#' && head.bytes[1] == '!';
    if (head.size >= 4 && slv_equal(head.bytes, ELFMAG, SELFMAG)) look_at_elf(target, &head, path);
    close_head(&head);
    if (!is_script || !script_interpreter(&head, script)) break;
    dir = AT_FDCWD;
    path = script;
    flags = 0;
  }
  if (!target->plausible || target->take_out) return;
  if (slv_sys_faccessat(AT_FDCWD, slv_process.library, R_OK) != 0 && !identity_split) {
    target->take_out = 1;
    if (target->loss == SLV_LOSS_NONE) target->loss = SLV_LOSS_UNREACHABLE;
  }
}
