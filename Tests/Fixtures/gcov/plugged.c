#ifdef RESETS
extern void __gcov_reset(void);
#endif

#include <unistd.h>

int plugged(int n) {
#ifdef EXECS
  if (n == 77) execl("/bin/true", "true", (char *)0); // gcc's wrapper of it is linked in
#endif
#ifdef RESETS
  __gcov_reset();
#endif
  return 2 * n; // line "plugged"
}
