// What a libc wrapper makes of the kernel's answer.
#ifndef SLV_ANSWER_H
#define SLV_ANSWER_H

#include <errno.h>

#include "base/system.h"

// Context: any
static inline slv_word slv_answer(slv_word result) {
  if ((unsigned long)result <= -4096ul) return result;
  errno = (int)-result;
  return -1;
}

#endif
