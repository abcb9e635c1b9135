// Copying and clearing by one instruction. Of base/bytes.c.
#ifndef SLV_PROCESSOR_COPY_H
#define SLV_PROCESSOR_COPY_H

// Context: any
static inline void slv_copy_bytes(void *to, const void *from, size_t bytes) {
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes)::"memory");
}

// Context: any
static inline void slv_zero_bytes(void *to, size_t bytes) {
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(0) : "memory");
}

#endif
