// The system calls of aarch64, and what else only instructions of its own tell. Of base/system.h.
#ifndef SLV_PROCESSOR_SYSTEM_H
#define SLV_PROCESSOR_SYSTEM_H

// Context: any
static inline slv_word slv_syscall6(slv_word n, slv_word a, slv_word b, slv_word c, slv_word d,
                                    slv_word e, slv_word f) {
  register slv_word x8 __asm__("x8") = n;
  register slv_word x0 __asm__("x0") = a;
  register slv_word x1 __asm__("x1") = b;
  register slv_word x2 __asm__("x2") = c;
  register slv_word x3 __asm__("x3") = d;
  register slv_word x4 __asm__("x4") = e;
  register slv_word x5 __asm__("x5") = f;
  __asm__ volatile("svc #0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return x0;
}

// Names this thread, without a system call; a vfork child has its parent's. Context: any
static inline uintptr_t slv_thread(void) {
  uintptr_t self;
  __asm__("mrs %0, tpidr_el0" : "=r"(self));
  return self;
}

// valgrind's question to itself; elsewhere these instructions do nothing. Context: any
static inline int slv_under_valgrind(void) {
  uint64_t request[6] = {0x1001}, answer = 0;
  __asm__ volatile("mov x3, %0; mov x4, %1\n\t"
                   "ror x12, x12, #3; ror x12, x12, #13; ror x12, x12, #51; ror x12, x12, #61\n\t"
                   "orr x10, x10, x10; mov %0, x3"
                   : "+r"(answer)
                   : "r"(request)
                   : "cc", "memory", "x3", "x4");
  return answer != 0;
}

#endif
