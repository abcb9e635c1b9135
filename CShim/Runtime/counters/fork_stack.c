// What is in flight at a fork: the return addresses on the forking thread's stack, without unwinding.
// Every word of the stack that lies in an object's code is taken for one. A stale one among them makes
// two places of one, which costs a snapshot and no truth.
#include "counters/counters.h"

#define MOST_BYTES (128u << 10) // of stack that are looked at
#define MAIN_STACK (64u << 20)  // the kernel leaves more than that free below the main thread's
#define CHUNK 128

// The code of all objects with derived counts lies in here. Context: any
static int text_extent(uintptr_t *low, uintptr_t *high) {
  int count;
  const struct slv_object *o = slv_objects(&count);
  *low = UINTPTR_MAX;
  *high = 0;
  for (int i = 0; i < count; i++, o++) {
    if (o->mode == SLV_MODE_GONE || o->births == 0) continue;
    if (o->text_low < *low) *low = o->text_low;
    if (o->text_high > *high) *high = o->text_high;
  }
  return *low < *high;
}

// Context: any
static int is_code(uintptr_t word) {
  int count;
  const struct slv_object *o = slv_objects(&count);
  for (int i = 0; i < count; i++, o++)
    if (o->mode != SLV_MODE_GONE && o->births != 0 && word >= o->text_low && word < o->text_high)
      return 1;
  return 0;
}

// Context: any
static int add(const uintptr_t *words, size_t count, uintptr_t *found, int have, int room) {
  uintptr_t low, high;
  if (!text_extent(&low, &high)) return have;
  for (size_t i = 0; i < count && have < room; i++)
    if (words[i] - low < high - low && is_code(words[i])) found[have++] = words[i];
  return have;
}

// As the kernel reads the stack: it says where there is nothing, and valgrind does not find that what it
// has read was never written. A function of its own, so that most forks touch no more of the stack than
// they did. Context: any
__attribute__((noinline)) static int by_kernel(uintptr_t at, uintptr_t top, uintptr_t *found,
                                               int room) {
  uintptr_t words[CHUNK];
  int count = 0;
  if (at >= top || top - at > MOST_BYTES || slv_process.sandboxed) return -1;
  while (at < top && count < room) {
    size_t bytes = top - at < sizeof words ? top - at : sizeof words;
    struct iovec into = {words, bytes}, from = {(void *)at, bytes};
    slv_word got = SLV_SYS6(SYS_process_vm_readv, slv_sys_getpid(), &into, 1, &from, 1, 0);
    if (got != (slv_word)bytes) return -1;
    count = add(words, bytes / sizeof *words, found, count, room);
    at += bytes;
  }
  return count;
}

// A thread's stack ends where glibc's block of the thread begins, if it runs on its own stack at all.
// Nobody knows that, so the kernel reads it. Context: any
int slv_fork_stack(uintptr_t from, uintptr_t *found, int room) {
  uintptr_t top = slv_process.stack_top;
  if (from >= top || top - from > MAIN_STACK) return by_kernel(from, slv_thread(), found, room);
  if (top - from > MOST_BYTES) top = from + MOST_BYTES;
  if (slv_under_valgrind()) return by_kernel(from, top, found, room);
  return add((const uintptr_t *)from, (top - from) / sizeof(uintptr_t), found, 0, room);
}
