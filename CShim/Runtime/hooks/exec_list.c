// execl, execlp, execle: arguments in a list. The array is made on the stack, as libc does.
#include "hooks/hooks.h"

#include <stdarg.h>

#include "hooks/exec.h"

// A va_list that a function shall advance goes by pointer: on aarch64 it is passed by value.
// Arguments of `list` up to and with the closing NULL, `first` included. Context: any
static size_t count(const char *first, va_list *list) {
  size_t n = 1;
  if (first == NULL) return n;
  while (va_arg(*list, char *) != NULL) n++;
  return n + 1;
}

// Context: any
static void collect(char **argv, size_t n, const char *first, va_list *list) {
  argv[0] = (char *)first;
  for (size_t i = 1; i < n; i++) argv[i] = va_arg(*list, char *);
}

// Sets `argv` to the arguments that follow `first`, in the calling function's frame, and leaves `list`
// open behind them.
#define COLLECT(argv, list, first)                    \
  va_list counted;                                    \
  va_start(counted, first);                           \
  size_t n = count(first, &counted);                  \
  va_end(counted);                                    \
  char **argv = __builtin_alloca(n * sizeof(char *)); \
  va_list list;                                       \
  va_start(list, first);                              \
  collect(argv, n, first, &list)

// Context: any
SLV_EXPORT int execl(const char *path, const char *first, ...) {
  COLLECT(argv, list, first);
  va_end(list);
  return execve(path, argv, environ);
}

// Context: any
SLV_EXPORT int execlp(const char *file, const char *first, ...) {
  COLLECT(argv, list, first);
  va_end(list);
  return (int)slv_answer(slv_exec_search(file, argv, environ));
}

// Context: any
SLV_EXPORT int execle(const char *path, const char *first, ...) {
  COLLECT(argv, list, first);
  char *const *envp = va_arg(list, char *const *);
  va_end(list);
  return execve(path, argv, envp);
}
