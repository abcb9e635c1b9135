// The callbacks of clang's -fsanitize-coverage, for programs and libraries that were linked without a
// sanitizer's runtime. Where the program has such a runtime, its own come first in the search order;
// where one is loaded as a library (libclang_rt.asan.so), ours pass each call on to it.
#include "hooks/hooks.h"

#include "life/life.h"
#include "objects/objects.h"

typedef void range_function(void *begin, void *end);
typedef void guard_function(uint32_t *guard);

SLV_EXPORT range_function __sanitizer_cov_8bit_counters_init, __sanitizer_cov_bool_flag_init;
SLV_EXPORT range_function __sanitizer_cov_pcs_init, __sanitizer_cov_trace_pc_guard_init;
SLV_EXPORT guard_function __sanitizer_cov_trace_pc_guard;

static guard_function *next_guard; // behind ours; NULL: none

// From a constructor of an instrumented object: it has come. Context: thread
static void met(const void *begin) {
  int count;
  const struct slv_object *o = slv_objects(&count);
  for (int i = 0; i < count; i++)
    if (o[i].mode != SLV_MODE_GONE && (uintptr_t)begin - o[i].low < o[i].high - o[i].low) return;
  slv_objects_attach_caller(begin, SLV_SOURCE_SANCOV, SLV_RUNNING);
}

// Context: thread
static void pass_on(range_function *next, void *begin, void *end) {
  met(begin);
  if (next != NULL) next(begin, end);
}

// Context: thread
void __sanitizer_cov_8bit_counters_init(void *begin, void *end) {
  pass_on(SLV_REAL(__sanitizer_cov_8bit_counters_init), begin, end);
}

// Context: thread
void __sanitizer_cov_bool_flag_init(void *begin, void *end) {
  pass_on(SLV_REAL(__sanitizer_cov_bool_flag_init), begin, end);
}

// Context: thread
void __sanitizer_cov_pcs_init(void *begin, void *end) {
  pass_on(SLV_REAL(__sanitizer_cov_pcs_init), begin, end);
}

// Context: thread
void __sanitizer_cov_trace_pc_guard_init(void *begin, void *end) {
  next_guard = SLV_REAL(__sanitizer_cov_trace_pc_guard);
  pass_on(SLV_REAL(__sanitizer_cov_trace_pc_guard_init), begin, end);
}

// With each block that runs. The runtime takes its caller's address, so the call is a jump.
// Context: any
void __sanitizer_cov_trace_pc_guard(uint32_t *guard) {
  guard_function *next = next_guard;
  if (__builtin_expect(next != NULL, 0)) {
#if __has_attribute(musttail) // gcc: from 15 on; before, it makes a jump of its own accord at -O2
    __attribute__((musttail)) return next(guard);
#else
    next(guard);
    return;
#endif
  }
  // Read first: pages that nobody writes to anew are not written.
  if (__atomic_load_n(guard, __ATOMIC_RELAXED) == 0) __atomic_store_n(guard, 1, __ATOMIC_RELAXED);
}
