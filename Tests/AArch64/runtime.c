// What clang's instrumentation needs of LLVM's profile runtime, and the one thing of it that matters
// here: a constructor that asks getenv for LLVM_PROFILE_FILE.
#include <stdlib.h>

int __llvm_profile_runtime;
const char *profile_file;

__attribute__((constructor)) static void initialize(void) {
  profile_file = getenv("LLVM_PROFILE_FILE");
}
