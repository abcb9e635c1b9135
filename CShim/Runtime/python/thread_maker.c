// Making a thread needs locks of libc. Where libc itself was interrupted it can't be done.
#include "python/thread_maker.h"

#include <link.h>
#include <pthread.h>
#include <sys/auxv.h>

#include "base/next.h"

#define STACK_SIZE (1024u * 1024u)

static struct {
  __typeof__(pthread_create) *create;
  pthread_attr_t attributes;
} maker;

#define LIBRARIES 4
static struct range {
  uintptr_t low, high;
} libraries[LIBRARIES]; // libc, the loader, malloc's, ours

// Context: thread
static int note_library(struct dl_phdr_info *info, size_t size, void *state) {
  const uintptr_t *inside = state;
  struct range object = {UINTPTR_MAX, 0};
  (void)size;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *p = &info->dlpi_phdr[i];
    if (p->p_type != PT_LOAD) continue;
    uintptr_t low = info->dlpi_addr + p->p_vaddr, high = low + p->p_memsz;
    if (low < object.low) object.low = low;
    if (high > object.high) object.high = high;
  }
  for (int i = 0; i < LIBRARIES; i++)
    if (inside[i] >= object.low && inside[i] < object.high) libraries[i] = object;
  return 0;
}

// Context: thread
void slv_maker_prepare(void) {
  __typeof__(pthread_attr_init) *init = slv_next("pthread_attr_init");
  __typeof__(pthread_attr_setdetachstate) *detach = slv_next("pthread_attr_setdetachstate");
  __typeof__(pthread_attr_setstacksize) *stack = slv_next("pthread_attr_setstacksize");
  uintptr_t inside[LIBRARIES] = {(uintptr_t)slv_next("pthread_create"), getauxval(AT_BASE),
                                 (uintptr_t)slv_next("malloc"), (uintptr_t)note_library};
  if (init == NULL || detach == NULL || stack == NULL || init(&maker.attributes) != 0) return;
  detach(&maker.attributes, PTHREAD_CREATE_DETACHED);
  stack(&maker.attributes, STACK_SIZE);
  dl_iterate_phdr(note_library, inside);
  maker.create = slv_next("pthread_create");
}

// Context: any
int slv_maker_is_ready(void) { return maker.create != NULL; }

// Context: any
int slv_maker_is_interrupted(uintptr_t address) {
  for (int i = 0; i < LIBRARIES; i++)
    if (address >= libraries[i].low && address < libraries[i].high) return 1;
  return 0;
}

// Context: any
int slv_maker_make(void *(*function)(void *)) {
  pthread_t thread;
  return maker.create(&thread, &maker.attributes, function, NULL);
}
