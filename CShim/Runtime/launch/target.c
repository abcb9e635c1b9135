// Looking at a file that is about to be executed. Raw calls only: also runs in a vfork child.
#define _GNU_SOURCE 1
#include "launch/target.h"

#include <errno.h>
#include <sys/auxv.h>

#include "base/answer.h"
#include "base/facts.h"
#include "base/hash.h"
#include "launch/program_file.h"
#include "ledger/ledger.h"

// Lines of `#!` that Linux follows before it says ELOOP (fs/exec.c, exec_binprm).
#define SCRIPT_DEPTH 5
// Of a file, Linux looks at this much to find `#!` (BINPRM_BUF_SIZE).
#define SCRIPT_LINE 256
#define OLDEST_GLIBC 17

static SLV_HOT int identity_split;

// Where the ledger keeps the fingerprint of a file that was found ordinary: what many processes of a
// recording start is looked into once. One word each: whoever reads it finds it whole. Context: any
static uint64_t *ordinary(uint64_t key) {
  struct slv_ledger_header *header = slv_ledger();
  return key == 0 || header == NULL ? NULL : &header->ordinary[key / 2 % 64];
}

// Contents, mode, owner and capabilities of a file do not change without its ctime. Context: any
static uint64_t fingerprint(const struct stat *st, uint64_t seed) {
  uint64_t words[] = {(uint64_t)st->st_dev,
                      (uint64_t)st->st_ino,
                      (uint64_t)st->st_size,
                      (uint64_t)st->st_mtim.tv_sec,
                      (uint64_t)st->st_mtim.tv_nsec,
                      (uint64_t)st->st_ctim.tv_sec,
                      (uint64_t)st->st_ctim.tv_nsec,
                      st->st_mode,
                      slv_process.uid};
  return slv_hash(seed, words, sizeof words) | 1;
}

#define ORDINARY 3 // seeds of fingerprints
#define COUNTERLESS 4

// 0: of a file that is looked into each time. Context: any
static uint64_t ordinary_fingerprint(const struct stat *st) {
  int special = identity_split || !S_ISREG(st->st_mode) || (st->st_mode & (S_ISUID | S_ISGID)) != 0;
  return special ? 0 : fingerprint(st, ORDINARY);
}

// Context: any
static int is_known(uint64_t key) {
  uint64_t *word = ordinary(key), same = key;
  // An exchange with itself: a fork child that announces a life is about to write to this page, and a load
  // before that would be one fault more.
  return word != NULL &&
         __atomic_compare_exchange_n(word, &same, key, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

// Context: any
static void note_ordinary(uint64_t key) {
  uint64_t *word = ordinary(key);
  if (word != NULL) __atomic_store_n(word, key, __ATOMIC_RELAXED);
}

// Context: any
void slv_target_split_identity(int differ) { identity_split = differ; }

// Finds the file. Context: any
static int find_file(struct slv_target_file *file, int dir, const char *path, int flags) {
  file->st.st_mode = 0;
  int r = slv_sys_fstatat(dir, path, &file->st, flags & (AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW));
  return r != 0 || S_ISREG(file->st.st_mode) ? r : -EACCES;
}

// Opens what was found. A file that can be executed but not read, or no free descriptor: nothing to
// see. Context: any
static int open_file(struct slv_target_file *file, int dir, const char *path) {
  const int how = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  file->borrowed = path[0] == 0;
  file->descriptor = file->borrowed ? dir : slv_sys_openat(dir, path, how, 0);
  if (file->descriptor < 0 && !file->borrowed) return file->descriptor;
  file->size = slv_sys_pread(file->descriptor, file->head, sizeof file->head, 0);
  if (file->size == -EBADF && file->borrowed) { // O_PATH
    char link[32] = "/proc/self/fd/";
    *slv_decimal(link + 14, (uint64_t)dir) = 0;
    file->borrowed = 0;
    if ((file->descriptor = slv_sys_openat(AT_FDCWD, link, how, 0)) < 0) return file->descriptor;
    file->size = slv_sys_pread(file->descriptor, file->head, sizeof file->head, 0);
  }
  return 0;
}

// Context: any
static void close_file(const struct slv_target_file *file) {
  if (!file->borrowed) slv_sys_close(file->descriptor);
}

// The interpreter of a `#!` line as Linux (fs/binfmt_script.c) reads it; 0 when it would say ENOEXEC.
// Context: any
static int script_interpreter(const struct slv_target_file *file, char *name) {
  const char *line = (const char *)file->head;
  size_t end = 2, n = 0;
  size_t limit = file->size < SCRIPT_LINE ? (size_t)file->size : SCRIPT_LINE;
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
  static SLV_HOT const char *found;
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

// Of a libc that can carry our library. Context: any
static int is_known_loader(const char *path) {
  const char *base = slv_basename(path);
  return slv_starts(base, "ld-musl-") || slv_starts(base, "ld-linux") ||
         slv_starts(base, "ld-lsb") || slv_starts(base, "ld.so") || slv_starts(base, "ld64.so") ||
         slv_starts(base, "ld-2.");
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
static int elf_interpreter(const struct slv_target_file *file, const ElfW(Ehdr) * elf, char *name,
                           size_t room) {
  for (size_t i = 0; i < elf->e_phnum; i++) {
    ElfW(Phdr) segment;
    if (!slv_target_segment(file, elf, i, &segment)) return -1;
    if (segment.p_type != PT_INTERP) continue;
    size_t n = segment.p_filesz < room ? segment.p_filesz : room - 1;
    if (!slv_target_read(file, name, n, segment.p_offset)) return -1;
    name[n] = 0;
    return 1;
  }
  return 0;
}

// Would ld.so ignore LD_PRELOAD? Whether the mount or no_new_privs voids the bits is not asked: then
// the program is entered, and what was guessed here forgotten. Context: any
static int is_secure(const struct slv_target_file *file) {
  mode_t mode = file->st.st_mode;
  if (identity_split) return 1;
  if ((mode & S_ISUID) != 0 && file->st.st_uid != (uid_t)SLV_SYS0(SYS_getuid)) return 1;
  if ((mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
      file->st.st_gid != (gid_t)SLV_SYS0(SYS_getgid)) {
    return 1;
  }
  if (slv_process.uid == 0) return 0; // root has all capabilities already
  return SLV_SYS4(SYS_fgetxattr, file->descriptor, "security.capability", NULL, 0) > 0;
}

// Context: any
static void look_at_elf(struct slv_target *target, const struct slv_target_file *file,
                        const char *path) {
  char interpreter[256];
  ElfW(Ehdr) elf;
  if (!slv_target_read(file, &elf, sizeof elf, 0)) return;
  if (elf.e_ident[EI_CLASS] != ELFCLASS64 || elf.e_machine != SLV_MACHINE) {
    target->take_out = 1;
    target->loss = SLV_LOSS_OTHER_ARCH;
    return;
  }
  int found = elf_interpreter(file, &elf, interpreter, sizeof interpreter);
  if (found < 0) return;
  if (found == 0) { // the loader as a command is entered: it obeys LD_PRELOAD
    if (!is_known_loader(path)) target->loss = SLV_LOSS_STATIC;
    return;
  }
  const char *own = own_loader();
  if (own == NULL || !slv_same(interpreter, own)) {
    if (!is_known_loader(interpreter)) target->loss = SLV_LOSS_MUSL;
    else if (is_old_glibc(interpreter)) target->loss = SLV_LOSS_OLD_GLIBC;
  }
  if (target->loss == SLV_LOSS_NONE && slv_target_refuses_preload(file, &elf)) {
    target->loss = SLV_LOSS_ASAN_OPTIONS;
  }
  target->take_out = target->loss != SLV_LOSS_NONE;
  if (target->loss == SLV_LOSS_NONE && is_secure(file)) target->loss = SLV_LOSS_SECURE;
}

// A program without counters is no loss. Context: any
static void forgive(struct slv_target *target, const struct slv_target_file *file) {
  uint64_t key = fingerprint(&file->st, COUNTERLESS);
  if (!is_known(key)) {
    if (slv_target_has_counters(file)) return;
    note_ordinary(key);
  }
  target->counterless = 1;
  target->loss = SLV_LOSS_NONE;
}

// Context: any
void slv_target_look(struct slv_target *target, int dir, const char *path, int flags) {
  char script[SCRIPT_LINE];
  struct slv_target_file file;
  slv_zero(target, sizeof *target);
  for (int depth = 0; depth <= SCRIPT_DEPTH; depth++) {
    int r = find_file(&file, dir, path, flags);
    if (depth == 0) {
      if (r == -ENOENT || r == -ENOTDIR) target->missing = -r;
      target->plausible = S_ISREG(file.st.st_mode) && (file.st.st_mode & 0111) != 0;
    }
    uint64_t key = r == 0 ? ordinary_fingerprint(&file.st) : 0;
    if (r != 0 || is_known(key) || open_file(&file, dir, path) != 0) break;
    int is_script = file.size >= 3 && file.head[0] == '#' && file.head[1] == '!';
    if (file.size >= 4 && slv_equal(file.head, ELFMAG, SELFMAG)) {
      look_at_elf(target, &file, path);
      if (target->loss == SLV_LOSS_STATIC || target->loss == SLV_LOSS_SECURE)
        forgive(target, &file);
      else if (target->loss == SLV_LOSS_NONE && !target->take_out) note_ordinary(key);
    }
    close_file(&file);
    if (!is_script || !script_interpreter(&file, script)) break;
    dir = AT_FDCWD;
    path = script;
    flags = 0;
  }
  if (!target->plausible || target->take_out) return;
  if (slv_sys_faccessat(AT_FDCWD, slv_process.library, R_OK) != 0 && !identity_split) {
    target->take_out = 1;
    if (target->loss == SLV_LOSS_NONE && !target->counterless) target->loss = SLV_LOSS_UNREACHABLE;
  } else if (slv_sys_faccessat(AT_FDCWD, slv_process.home, W_OK) == -EROFS) {
    target->take_out = 1; // it could note nothing, not even itself
    if (target->loss == SLV_LOSS_NONE && !target->counterless) target->loss = SLV_LOSS_READ_ONLY;
  }
}
