// What the files of hooks have in common.
#ifndef SLV_HOOKS_H
#define SLV_HOOKS_H

// Without the nonnull of libc's headers: a hook tests for NULL what the caller gave it, and the
// compiler must not take that test out. So this header comes first in every file of hooks.
#define _GNU_SOURCE 1
#include <sys/cdefs.h>
#undef __nonnull
#undef __attribute_nonnull__
#define __nonnull(parameters)
#define __attribute_nonnull__(parameters)

#include <errno.h>
#include <unistd.h>

#include "base/answer.h"
#include "base/next.h"
#include "process/process.h"

#endif
