// A library with counters, preloaded beside ours into foreign programs, which have none: a process that it
// is in has pages to share or, with --private, counters to save at its end.
int __llvm_profile_runtime; // in the place of LLVM's own runtime, which would write a profile at exit

volatile int counted_calls;

static void work(int number) {
  if (number > 0)
    counted_calls += number;
}

__attribute__((constructor)) static void begin(void) { work(1); }
__attribute__((destructor)) static void end(void) { work(2); }
