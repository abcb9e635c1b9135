// What is counted: three functions far apart, so that two lie on the pages that hold program data too,
// and one on a page of counters only. Built with counters; main.c is not, so that nothing else counts.
#define IDLE(n) \
  __attribute__((used)) static int idle_##n(int x) { return x + n; }
#define IDLE8(n) IDLE(n##0) IDLE(n##1) IDLE(n##2) IDLE(n##3) IDLE(n##4) IDLE(n##5) IDLE(n##6) IDLE(n##7)
#define IDLE64(n) \
  IDLE8(n##0) IDLE8(n##1) IDLE8(n##2) IDLE8(n##3) IDLE8(n##4) IDLE8(n##5) IDLE8(n##6) IDLE8(n##7)
#define IDLE512(n)                                                                              \
  IDLE64(n##0) IDLE64(n##1) IDLE64(n##2) IDLE64(n##3) IDLE64(n##4) IDLE64(n##5) IDLE64(n##6) \
      IDLE64(n##7)

int work_first(void);
int work_middle(void);
int work_last(void);

int work_first(void) { return 1; }
IDLE512(1)
IDLE512(2)
int work_middle(void) { return 2; }
IDLE512(3)
IDLE512(4)
int work_last(void) { return 3; }
