// What is in flight at a fork: the return addresses on the forking thread's stack, without unwinding.
// Every word of the stack that lies in an object's code is taken for one. A stale one among them makes
// two places of one, which costs a snapshot and no truth.
#include "counters.h"

#define MOST_BYTES (128u << 10) // of stack that are looked at
#define MAIN_STACK (64u << 20)  // the kernel leaves more than that free below the main thread's
#define CHUNK 64u

// The code of all objects with derived counts lies in here. Context: thread
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

// Context: thread
static int is_code(uintptr_t word) {
  int count;
  const struct slv_object *o = slv_objects(&count);
  for (int i = 0; i < count; i++, o++)
    if (o->mode != SLV_MODE_GONE && o->births != 0 && word >= o->text_low && word < o->text_high)
      return 1;
  return 0;
}

// Of a thread that is not the main one, the stack ends where glibc's block of the thread begins, if it
// runs on its own stack at all. Nobody knows that, so the kernel reads it: it says where there is none.
// Context: thread
static int read_words(uintptr_t *to, const uintptr_t *from, size_t words) {
  struct iovec into = {to, words * sizeof *to}, at = {(void *)(uintptr_t)from, into.iov_len};
  slv_word got = SLV_SYS6(SYS_process_vm_readv, slv_sys_getpid(), &into, 1, &at, 1, 0);
  return got == (slv_word)into.iov_len;
}

// Context: thread
int slv_fork_stack(const uintptr_t *from, uintptr_t *found, int room) {
  uintptr_t low, high, words[CHUNK], top = slv_process.stack_top, sp = (uintptr_t)from;
  int count = 0;
  if (!text_extent(&low, &high)) return 0;
  int is_main = sp < top && top - sp < MAIN_STACK;
  if (!is_main) top = slv_thread();
  if (sp >= top || (!is_main && (top - sp > MOST_BYTES || slv_process.sandboxed))) return -1;
  if (top - sp > MOST_BYTES) top = sp + MOST_BYTES;
  size_t left = (top - sp) / sizeof *from;
  while (left > 0 && count < room) {
    size_t step = is_main ? left : left < CHUNK ? left : CHUNK;
    if (!is_main && !read_words(words, from, step)) return -1;
    const uintptr_t *at = is_main ? from : words;
    for (size_t i = 0; i < step && count < room; i++)
      if (at[i] - low < high - low && is_code(at[i])) found[count++] = at[i];
    from += step;
    left -= step;
  }
  return count;
}
