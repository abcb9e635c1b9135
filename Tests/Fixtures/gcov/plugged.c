#ifdef RESETS
extern void __gcov_reset(void);
#endif

int plugged(int n) {
#ifdef RESETS
  __gcov_reset();
#endif
  return 2 * n; // line "plugged"
}
