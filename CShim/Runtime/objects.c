// Finding the objects of this process that have counters: all at start, later ones when they are
// loaded. dlopen itself is not hooked, for its caller's RUNPATH and $ORIGIN hang on the return
// address; instead the LLVM runtime in each instrumented library asks getenv for LLVM_PROFILE_FILE
// from its constructor, and that hook (hook_profile.c) leads here.
#include "objects.h"

#include "counters.h"
#include "python_host.h"
#include "recording.h"

#define OBJECTS 1024

// The first few stand with the other things that a fork child changes; a process that has more moves
// all of them to reserved address space, touched as far as used.
#define FIRST_OBJECTS 3
static SLV_HOT struct slv_object first_objects[FIRST_OBJECTS];
static SLV_HOT struct slv_object *objects = first_objects;
static SLV_HOT int used;
static SLV_HOT const char *executed; // what exec was given; may be relative

// Context: any
struct slv_object *slv_objects(int *count) {
  *count = used; // before the array: one that is read later holds at least as many
  return __atomic_load_n(&objects, __ATOMIC_ACQUIRE);
}

// Context: any
const Elf64_Shdr *slv_section(const struct slv_file *file, const char *name) {
  for (int i = 1; i < file->count; i++) {
    const Elf64_Shdr *s = &file->sections[i];
    if (s->sh_name < file->names_size && slv_same(file->names + s->sh_name, name)) return s;
  }
  return NULL;
}

// True when [address, address + size) lies in one segment with these permissions. Everything that a
// file or the index says about addresses is asked this before it is used. Context: thread
static int in_segment(const struct dl_phdr_info *info, uint64_t address, uint64_t size,
                      uint32_t flags) {
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *p = &info->dlpi_phdr[i];
    if (p->p_type == PT_LOAD && (p->p_flags & flags) == flags && address >= p->p_vaddr &&
        size <= p->p_memsz && address - p->p_vaddr <= p->p_memsz - size)
      return 1;
  }
  return 0;
}

// Reads the section headers and their names into `buffer`. Context: thread
static int read_sections(struct slv_file *file, char *buffer, size_t size) {
  const Elf64_Ehdr *h = &file->header;
  size_t table = (size_t)h->e_shnum * sizeof(Elf64_Shdr);
  if (h->e_shentsize != sizeof(Elf64_Shdr) || h->e_shnum == 0 || h->e_shstrndx >= h->e_shnum ||
      table + 1 >= size ||
      slv_sys_pread(file->descriptor, buffer, table, h->e_shoff) != (slv_word)table)
    return 0;
  file->sections = (const Elf64_Shdr *)(const void *)buffer;
  file->count = h->e_shnum;
  const Elf64_Shdr *names = &file->sections[h->e_shstrndx];
  if (names->sh_size >= size - table) return 0;
  slv_word got = slv_sys_pread(file->descriptor, buffer + table, names->sh_size, names->sh_offset);
  if (got != (slv_word)names->sh_size) return 0;
  buffer[table + names->sh_size] = 0;
  file->names = buffer + table;
  file->names_size = names->sh_size;
  return 1;
}

#define SECTIONS_MAX (2u << 20) // 65,535 sections, the most that fit e_shnum, are 4 MiB: rare

// The file of an object. Where /proc is not mounted, the name that exec was given. Asked for only where
// it is needed: each first look into /proc/self costs a process as much as opening the ledger.
// Context: thread
static const char *file_of(const struct dl_phdr_info *info) {
  static const char self[] = "/proc/self/exe";
  if (info->dlpi_name[0] != 0) return info->dlpi_name;
  return executed != NULL && slv_sys_faccessat(AT_FDCWD, self, F_OK) == -ENOENT ? executed : self;
}

// Asks every source about the file at `path`. 0 when it could not be read, for a reason that may not
// hold for the next life (no descriptor left). Context: thread
static int inspect(const struct dl_phdr_info *info, const char *path, struct slv_found *found) {
  struct slv_file file = {.bias = info->dlpi_addr, .info = info};
  int looked = -1;
  file.descriptor = slv_sys_open(path, O_RDONLY, 0);
  if (file.descriptor < 0) return 0;
  char *buffer = slv_sys_mmap(NULL, SECTIONS_MAX, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (!slv_failed(buffer)) {
    if (slv_sys_pread(file.descriptor, &file.header, sizeof file.header, 0) ==
            (slv_word)sizeof file.header &&
        slv_equal(file.header.e_ident, ELFMAG, SELFMAG) &&
        read_sections(&file, buffer, SECTIONS_MAX) &&
        (looked = slv_source_llvm.find(&file, found)) > 0) {
      char link[SLV_PATH_MAX];
      slv_word n = slv_sys_readlinkat(AT_FDCWD, path, link, sizeof link - 1);
      link[n > 0 ? n : 0] = 0;
      slv_keep_object(&file, found, slv_source_llvm.keep, n > 0 && link[0] == '/' ? link : path);
    }
    slv_sys_munmap(buffer, SECTIONS_MAX);
  }
  slv_sys_close(file.descriptor);
  return looked >= 0;
}

// The note that the linker derived from the contents, in memory. Context: thread
static const char *build_id(const struct dl_phdr_info *info, size_t *size) {
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *p = &info->dlpi_phdr[i];
    if (p->p_type != PT_NOTE || !in_segment(info, p->p_vaddr, p->p_memsz, PF_R)) continue;
    const char *at = (const char *)(info->dlpi_addr + p->p_vaddr), *end = at + p->p_memsz;
    while (at + sizeof(ElfW(Nhdr)) <= end) {
      const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)(const void *)at;
      const char *name = at + sizeof *note;
      const char *value = name + ((note->n_namesz + 3u) & ~3u);
      if (value > end || note->n_descsz > (size_t)(end - value)) break;
      if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 && slv_equal(name, "GNU", 4)) {
        *size = note->n_descsz;
        return value;
      }
      at = value + ((note->n_descsz + 3u) & ~3u);
    }
  }
  return NULL;
}

// A key of the loaded file, 0 when there is none. Context: thread
static uint64_t key_of(const struct dl_phdr_info *info) {
  size_t size;
  const char *id = build_id(info, &size);
  if (id != NULL) {
    uint64_t h = slv_hash(1, id, size);
    return slv_hash(h, info->dlpi_phdr, info->dlpi_phnum * sizeof *info->dlpi_phdr) | 1;
  }
  struct stat st;
  if (slv_sys_fstatat(AT_FDCWD, file_of(info), &st, 0) != 0) return 0;
  uint64_t words[] = {(uint64_t)st.st_dev,          (uint64_t)st.st_ino,
                      (uint64_t)st.st_size,         (uint64_t)st.st_mtim.tv_sec,
                      (uint64_t)st.st_mtim.tv_nsec, (uint64_t)st.st_ctim.tv_sec,
                      (uint64_t)st.st_ctim.tv_nsec};
  return slv_hash(2, words, sizeof words) | 1;
}

// Context: thread
static void extent(const struct dl_phdr_info *info, uintptr_t *low, uintptr_t *high) {
  *low = UINTPTR_MAX;
  *high = 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *p = &info->dlpi_phdr[i];
    if (p->p_type != PT_LOAD) continue;
    uintptr_t a = info->dlpi_addr + p->p_vaddr, b = a + p->p_memsz;
    if (a < *low) *low = a;
    if (b > *high) *high = b;
  }
}

// A flush in a handler or another thread may read the old place meanwhile: it stays as it is, and what
// both lead to (saved copies, slots) is the same. Context: thread
static int move_objects(void) {
  void *at = slv_sys_mmap(NULL, OBJECTS * sizeof *objects, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (slv_failed(at)) return 0;
  slv_copy(at, objects, (size_t)used * sizeof *objects);
  __atomic_store_n(&objects, at, __ATOMIC_RELEASE);
  return 1;
}

// An entry for a new object: a hole of an unloaded one, or the next. Context: thread
static struct slv_object *entry(void) {
  for (int i = 0; i < used; i++)
    if (objects[i].mode == SLV_MODE_GONE) return &objects[i];
  if (used == FIRST_OBJECTS && objects == first_objects && !move_objects()) return NULL;
  return used < OBJECTS ? &objects[used++] : NULL;
}

// Context: thread
static int attached(uintptr_t low, uint64_t key) {
  for (int i = 0; i < used; i++) {
    if (objects[i].mode == SLV_MODE_GONE || objects[i].low != low) continue;
    if (objects[i].key == key) return 1;
    slv_object_drop(&objects[i]); // unloaded behind our back, and another came to its place
  }
  return 0;
}

// Context: thread
const void *slv_section_memory(const struct slv_file *file, const Elf64_Shdr *section) {
  if (!in_segment(file->info, section->sh_addr, section->sh_size, PF_R)) return NULL;
  return (const void *)(file->bias + section->sh_addr);
}

// Context: thread
static int regions_fit(const struct dl_phdr_info *info, const struct slv_found *found) {
  for (int i = 0; i < SLV_REGIONS; i++) {
    const struct slv_region *r = &found->region[i];
    if (r->size == 0) continue;
    if (r->kind < SLV_REGION_ADD64 || r->kind > SLV_REGION_OR8) return 0;
    if (r->kind == SLV_REGION_ADD64 && ((r->address | r->size) & 7) != 0) return 0;
    if (!in_segment(info, r->address, r->size, PF_R | PF_W)) return 0;
  }
  return found->region[0].size != 0;
}

// Gives up an entry, with the memory that is ours. Context: thread
void slv_object_drop(struct slv_object *o) {
  o->mode = SLV_MODE_GONE;
  for (int p = 0; p < o->privates; p++)
    if (o->private[p].saved != NULL) slv_sys_munmap(o->private[p].saved, o->private[p].bytes);
  if (o->aside != NULL) slv_sys_munmap(o->aside, o->slot_size);
  o->privates = 0;
  o->aside = NULL;
  slv_stash_drop(o);
}

// Context: thread
void slv_object_attach(const struct dl_phdr_info *info, int starting) {
  const char *name = slv_basename(info->dlpi_name);
  // Part of every process, and never instrumented: libc's own start would run counters too early.
  if (slv_starts(name, "linux-vdso") || slv_starts(name, "ld-linux") || slv_same(name, "libc.so.6"))
    return;
  uint64_t key = key_of(info);
  struct slv_found found = {.source = SLV_SOURCE_NONE};
  if (key == 0) return;
  if (!slv_index_lookup(key, &found)) {
    found.hosts = slv_python_is_host(info) ? SLV_HOST_PYTHON : 0;
    if (!inspect(info, file_of(info), &found)) {
      if (found.hosts & SLV_HOST_PYTHON) slv_python_found(info);
      // At start LLVM's runtime will ask for this object once more; when it does, it has counters.
      if (!starting) slv_counters_note_loss(-EIO);
      return;
    }
    slv_index_insert(key, &found);
  }
  if (found.hosts & SLV_HOST_PYTHON) slv_python_found(info);
  if (found.source == SLV_SOURCE_NONE || !regions_fit(info, &found)) return;
  uintptr_t low, high;
  extent(info, &low, &high);
  if (attached(low, key)) return;
  struct slv_object *o = entry();
  if (o == NULL) return;
  slv_zero(o, sizeof *o);
  o->bias = info->dlpi_addr;
  o->low = low;
  o->high = high;
  o->key = key;
  o->starting = starting;
  o->found = found;
  slv_counters_attach(o, starting);
  slv_process.cell->objects++;
  slv_fork_register();
}

// Context: constructor
static int start_one(struct dl_phdr_info *info, size_t size, void *state) {
  (void)size;
  (void)state;
  if (info->dlpi_addr == (uintptr_t)slv_image) return 0; // ours
  slv_object_attach(info, 1);
  return 0;
}

// Context: constructor
void slv_objects_start(const char *name) {
  executed = name;
  dl_iterate_phdr(start_one, NULL);
}

// Context: thread
static int attach_if_holds(struct dl_phdr_info *info, size_t size, void *address) {
  (void)size;
  uintptr_t low, high;
  extent(info, &low, &high);
  if ((uintptr_t)address < low || (uintptr_t)address >= high) return 0;
  uint64_t mask;
  if (!slv_counters_try_lock(&mask)) return SLV_WALK_AGAIN;
  slv_object_attach(info, 0);
  slv_counters_unlock(&mask);
  return 1;
}

// Context: thread
void slv_objects_attach_caller(const void *address) {
  if (!slv_process.active || slv_process.sandboxed || slv_is_vfork_child()) return;
  // The loader's lock first, ours inside: dlopen holds the loader's already.
  while (dl_iterate_phdr(attach_if_holds, (void *)(uintptr_t)address) == SLV_WALK_AGAIN)
    slv_sys_sched_yield();
}
