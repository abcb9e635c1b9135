// What each instruction of this processor does, as far as generated functions of clang's --coverage have it.
#include "sources/clang_gcov_code.h"

#if SLV_READS_CLANG_CODE
#include SLV_CODE_FILE(sources, step.h)
#endif
