// The system calls of x86-64, and what else only instructions of its own tell. Of base/system.h.
#ifndef SLV_PROCESSOR_SYSTEM_H
#define SLV_PROCESSOR_SYSTEM_H

// Context: any
static inline slv_word slv_syscall6(slv_word n, slv_word a, slv_word b, slv_word c, slv_word d,
                                    slv_word e, slv_word f) {
  slv_word r;
  register slv_word r10 __asm__("r10") = d;
  register slv_word r8 __asm__("r8") = e;
  register slv_word r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(r)
                   : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return r;
}

// Names this thread, without a system call; a vfork child has its parent's. Context: any
static inline uintptr_t slv_thread(void) {
  uintptr_t self;
  __asm__("mov %%fs:0, %0" : "=r"(self));
  return self;
}

// valgrind's question to itself; elsewhere these instructions do nothing. Context: any
static inline int slv_under_valgrind(void) {
  uint64_t request[6] = {0x1001}, answer = 0;
  __asm__ volatile(
      "rolq $3, %%rdi; rolq $13, %%rdi; rolq $61, %%rdi; rolq $51, %%rdi; xchgq %%rbx, %%rbx"
      : "+d"(answer)
      : "a"(request)
      : "cc", "memory");
  return answer != 0;
}

#endif
