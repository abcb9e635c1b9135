#ifndef COMMON_H
#define COMMON_H
#define CLAMP(v, most) ((v) > (most) ? (most) : (v))
static inline int twice(int v) {
  if (v > 10)
    return 20;
  return v * 2;
}
int work(int kind);
int shared(int kind);
#endif
