// For LD_AUDIT: says which objects come and which functions are bound where, ours aside.
#define _GNU_SOURCE
#include <link.h>
#include <stdio.h>
#include <string.h>

unsigned int la_version(unsigned int version) { return version; }

static int is_told(const char *name) { return strstr(name, "salvage") == NULL; }

unsigned int la_objopen(struct link_map *map, Lmid_t space, uintptr_t *cookie) {
  const char *base = strrchr(map->l_name, '/');
  if (is_told(map->l_name)) fprintf(stderr, "audit: %s in %ld\n", base ? base + 1 : "program", (long)space);
  *cookie = (uintptr_t)map;
  return LA_FLG_BINDFROM | LA_FLG_BINDTO;
}

uintptr_t la_symbind64(Elf64_Sym *symbol, unsigned int index, uintptr_t *from, uintptr_t *to,
                       unsigned int *flags, const char *name) {
  (void)index, (void)to, (void)flags;
  if (*((struct link_map *)*from)->l_name == 0) fprintf(stderr, "audit: %s\n", name);
  return symbol->st_value;
}
