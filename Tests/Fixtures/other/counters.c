// A program that does what -D says with its own LLVM counters: the argument says when.
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PLAIN __attribute__((noinline, no_profile_instrument_function))

#ifdef RESETS
void __llvm_profile_reset_counters(void);
PLAIN static void own(void) { __llvm_profile_reset_counters(); }
#elif defined(CLEARS)
char *__llvm_profile_begin_counters(void);
char *__llvm_profile_end_counters(void);
PLAIN static void own(void) {
  char *begin = __llvm_profile_begin_counters();
  memset(begin, 0, (size_t)(__llvm_profile_end_counters() - begin));
}
#elif defined(WRITES)
int __llvm_profile_write_file(void);
void __llvm_profile_set_filename(const char *name);
PLAIN static void own(void) {
  __llvm_profile_set_filename("own.profraw");
  __llvm_profile_write_file();
}
#elif defined(DUMPS)
int __llvm_profile_dump(void);
PLAIN static void own(void) { __llvm_profile_dump(); }
#elif defined(GCDA)
#include <gcov.h>
#include <stdlib.h>
extern const struct gcov_info *const __start_infos[], *const __stop_infos[];
static FILE *out;
PLAIN static void name(const char *text, void *state) {
  (void)state;
  (void)text;
}
PLAIN static void write_out(const void *bytes, unsigned count, void *state) {
  (void)state;
  fwrite(bytes, 1, count, out);
}
PLAIN static void *allocate(unsigned count, void *state) {
  (void)state;
  return malloc(count);
}
PLAIN static void own(void) {
  out = fopen("own.gcda", "w");
  const struct gcov_info *const volatile *info = __start_infos;
  __gcov_info_to_gcda(*info, name, write_out, allocate, NULL);
  fclose(out);
}
#else
PLAIN static void own(void) {}
#endif

__attribute__((noinline)) static int early(int x) {
  return x + 1;  // line "early"
}

__attribute__((noinline)) static int late(int x) {
  return x + 2;  // line "late"
}

int main(int count, char **arguments) {
  const char *what = count > 1 ? arguments[1] : "";
  int sum = early(0);
  if (strcmp(what, "own") == 0) {
    own();
    sum += late(0);
  }
  if (strcmp(what, "fork") == 0) {
    if (fork() == 0) {
      own();
      sum += late(0);
      _exit(0);
    }
    wait(NULL);
  }
  return sum < 0;
}
