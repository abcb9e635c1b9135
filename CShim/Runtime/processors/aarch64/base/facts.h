// What is so on aarch64. Of base/facts.h.
#ifndef SLV_PROCESSOR_FACTS_H
#define SLV_PROCESSOR_FACTS_H

// How files and the kernel name it: <elf.h>, <linux/audit.h>.
#define SLV_MACHINE EM_AARCH64
#define SLV_IRELATIVE R_AARCH64_IRELATIVE
#define SLV_AUDIT_ARCH AUDIT_ARCH_AARCH64

// A call leaves its return address in a register: nobody knows where main keeps its own.
#define SLV_RETURNS_BY_STACK 0

// The kernel has a restorer of its own, in the vdso.
#define SLV_NEEDS_RESTORER 0

// Bytes from one instruction to the next, at least.
#define SLV_CODE_STEP 4

// Which of the files that a processor may lack are there. Without them: loops in C (base/copy.h); a named loss for
// counters of clang's --coverage (sources/code.h, step.h), and for Go's (sources/go_code.h).
#define SLV_HAS_COPY 0
#define SLV_READS_CLANG_CODE 1
#define SLV_READS_GO_CODE 1

#endif
