// Reads the units of clang's --coverage out of linked programs of aarch64, on any processor, without running
// them, and writes them as runtime.c writes them, with a 0 for each counter: read FILE.
// The object is put into memory as the loader would put it there; then sources/clang_gcov_units.c reads it.
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "objects/elf_file.h"
#include "sources/clang_gcov.h"
#include "text.h"

static void fail(const char *what) {
  perror(what);
  exit(1);
}

// As in objects/elf_file.c.
int slv_in_segment(const struct dl_phdr_info *info, uint64_t address, uint64_t size,
                   uint32_t flags) {
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *p = &info->dlpi_phdr[i];
    if (p->p_type == PT_LOAD && (p->p_flags & flags) == flags && address >= p->p_vaddr &&
        size <= p->p_memsz && address - p->p_vaddr <= p->p_memsz - size)
      return 1;
  }
  return 0;
}

static const char *open_file(const char *path) {
  struct stat st;
  int file = open(path, O_RDONLY);
  if (file < 0 || fstat(file, &st) != 0) fail(path);
  const char *at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, file, 0);
  if (at == MAP_FAILED) fail(path);
  return at;
}

static void relocate(const char *file, uintptr_t base) {
  const Elf64_Ehdr *e = (const void *)file;
  const Elf64_Shdr *s = (const void *)(file + e->e_shoff);
  for (int i = 0; i < e->e_shnum; i++) {
    if (s[i].sh_type != SHT_RELA || !(s[i].sh_flags & SHF_ALLOC)) continue;
    const Elf64_Rela *r = (const void *)(file + s[i].sh_offset);
    const Elf64_Sym *symbols = (const void *)(file + s[s[i].sh_link].sh_offset);
    for (size_t n = 0; n < s[i].sh_size / sizeof *r; n++) {
      const Elf64_Sym *symbol = &symbols[ELF64_R_SYM(r[n].r_info)];
      uintptr_t *to = (uintptr_t *)(base + r[n].r_offset);
      if (ELF64_R_TYPE(r[n].r_info) == R_AARCH64_RELATIVE) *to = base + (uint64_t)r[n].r_addend;
      else if (s[i].sh_link != 0 && symbol->st_shndx != SHN_UNDEF)
        *to = base + symbol->st_value + (uint64_t)r[n].r_addend;
    }
  }
}

static struct dl_phdr_info load(const char *path) {
  const char *file = open_file(path);
  const Elf64_Ehdr *e = (const void *)file;
  const Elf64_Phdr *p = (const void *)(file + e->e_phoff);
  uintptr_t low = UINTPTR_MAX, high = 0;
  if (e->e_machine != EM_AARCH64) fail("machine");
  for (int i = 0; i < e->e_phnum; i++) {
    if (p[i].p_type != PT_LOAD) continue;
    if (p[i].p_vaddr < low) low = p[i].p_vaddr & ~65535ull;
    if (p[i].p_vaddr + p[i].p_memsz > high) high = p[i].p_vaddr + p[i].p_memsz;
  }
  int fixed = e->e_type == ET_EXEC;
  char *at = mmap(fixed ? (void *)low : NULL, high - low, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | (fixed ? MAP_FIXED_NOREPLACE : 0), -1, 0);
  if (at == MAP_FAILED) fail("memory");
  uintptr_t base = (uintptr_t)at - low;
  for (int i = 0; i < e->e_phnum; i++)
    if (p[i].p_type == PT_LOAD)
      memcpy((void *)(base + p[i].p_vaddr), file + p[i].p_offset, p[i].p_filesz);
  relocate(file, base);
  return (struct dl_phdr_info){
      .dlpi_addr = base, .dlpi_name = path, .dlpi_phdr = p, .dlpi_phnum = e->e_phnum};
}

static void show_file(void *state, const struct slv_clang_unit *unit,
                      const struct slv_clang_file *file) {
  (void)state, (void)unit;
  write_unit(file->name, file->version, file->stamp);
}

static void show_function(void *state, const struct slv_clang_function *f) {
  (void)state;
  write_function(f->ident, f->lineno_checksum, f->cfg_checksum);
  for (uint32_t i = 0; i < f->count; i++) printf(" 0");
  printf("\n");
}

int main(int count, char **words) {
  if (count != 2) return 2;
  struct dl_phdr_info info = load(words[1]);
  struct slv_clang_image image;
  struct slv_clang_unit unit;
  struct slv_clang_visitor show = {show_file, show_function, NULL};
  if (!slv_clang_begin(&image, &info)) fail("no constructors");
  while (slv_clang_next(&image, &unit)) slv_clang_visit(&image, &unit, &show);
  if (image.refused) printf("refused\n");
  return 0;
}
