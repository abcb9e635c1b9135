// Objects that are met behind their constructors (with musl all that dlopen loads): libgcov knows of their
// units, and would write them at exit. Its list begins at a variable that it has in each object, `__gcov_root`, of
// which no symbol tells. It is found by what it holds, and only where all of that is right: the units of the object
// are one list, one word of its data leads to the first of them, and that word begins a root that a `__gcov_master`,
// which objects export, leads to (libgcov-driver.c of gcc 10 to 15). Such a list is emptied, as libgcov itself
// leaves it where an object has no unit. Whatever is otherwise is left to libgcov.
#include "base/exported.h"
#include "sources/clang_gcov.h"
#include "sources/gcov_layout.h"
#include "sources/source.h"

#define ROOTS_MAX 65536u // objects

// The last one is what remains of all addresses when each that another leads to is taken away. Context: any
void slv_gcov_chain_add(struct slv_gcov_chain *chain, const struct slv_gcov_unit *unit) {
  if (unit->functions == 0) return; // libgcov passes it over
  chain->last ^= (uintptr_t)unit->raw ^ (uintptr_t)unit->raw->next;
  chain->count++;
}

// Whether the list has as many units as the object. It ends, so that none is in it twice. Context: any
static int is_whole(struct slv_gcov_image *image, const struct slv_gcov_chain *chain) {
  uintptr_t at = chain->last;
  uint32_t count = 0;
  for (; at != 0; at = (uintptr_t)((const struct slv_gcov_raw *)at)->next)
    if (count++ == chain->count || !slv_gcov_is_unit(image, at)) return 0;
  return count == chain->count;
}

struct search {
  struct slv_gcov_root *root;
  int found;
};

// Looks for a root behind a master: a version, padding, the first root. Context: any
static void look_behind(void *state, void *variable) {
  struct search *s = state;
  struct slv_gcov_root *const *first = (struct slv_gcov_root *const *)variable + 1;
  const struct slv_gcov_root *before = NULL;
  uint32_t n = 0;
  for (struct slv_gcov_root *r = *first; r != NULL && n < ROOTS_MAX; r = r->next, n++) {
    if (r->previous != before) return;
    if (r == s->root) s->found = 1;
    before = r;
  }
}

// Whether a root may stand there: nothing of it was written yet. Context: any
static int may_be_root(const struct slv_gcov_root *root) {
  return (root->state & ~2u) == 0 && root->zero == 0;
}

// Context: thread
struct slv_gcov_root *slv_gcov_root_of(struct slv_gcov_image *image,
                                       const struct slv_gcov_chain *chain) {
  const struct dl_phdr_info *info = image->info;
  struct slv_gcov_root *root = NULL;
  if (!is_whole(image, chain)) return NULL;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *p = &info->dlpi_phdr[i];
    if (p->p_type != PT_LOAD || (p->p_flags & (PF_R | PF_W)) != (PF_R | PF_W)) continue;
    uintptr_t at = (info->dlpi_addr + p->p_vaddr + 7) & ~(uintptr_t)7;
    uintptr_t end = info->dlpi_addr + p->p_vaddr + p->p_memsz;
    for (; at + sizeof *root <= end; at += 8) {
      if (*(const uintptr_t *)at != chain->last) continue;
      struct search s = {(struct slv_gcov_root *)at, 0};
      if (!may_be_root(s.root)) continue;
      slv_exported("__gcov_master", look_behind, &s);
      if (!s.found) continue;
      if (root != NULL) return NULL;
      root = s.root;
    }
  }
  return root;
}

// Context: thread
int slv_gcov_take_late(const struct slv_file *file, struct slv_found *found,
                       struct slv_gcov_image *image, const struct slv_gcov_chain *chain,
                       int by_clang) {
  struct slv_gcov_root *root = NULL;
  int known = !file->writing && found->loss == SLV_LOSS_NONE;
  if (known && chain->count != 0) known = (root = slv_gcov_root_of(image, chain)) != NULL;
  if (known && by_clang != 0) known = slv_clang_gcov_know(found);
  found->list_units = NULL; // they are in an order of their own
  if (!known) {
    slv_clang_gcov_settle(found, 0);
    return 0;
  }
  found->known_by = root;
  found->taken = (void *)chain->last;
  return 1;
}
