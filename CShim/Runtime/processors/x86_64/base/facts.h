// What is so on x86-64. Of base/facts.h.
#ifndef SLV_PROCESSOR_FACTS_H
#define SLV_PROCESSOR_FACTS_H

// How files and the kernel name it: <elf.h>, <linux/audit.h>.
#define SLV_MACHINE EM_X86_64
#define SLV_IRELATIVE R_X86_64_IRELATIVE
#define SLV_AUDIT_ARCH AUDIT_ARCH_X86_64

// A call puts its return address on the stack, and slv_main of start/main.inc notes where main's is.
#define SLV_RETURNS_BY_STACK 1

// The kernel asks for a restorer in each signal action: slv_signal_restorer of signals/stubs.inc.
#define SLV_NEEDS_RESTORER 1

// Bytes from one instruction to the next, at least.
#define SLV_CODE_STEP 1

// Which of the files that a processor may lack are there. Without them: loops in C (base/copy.h); a named loss for
// counters of clang's --coverage (sources/code.h, step.h), and for Go's (sources/go_code.h).
#define SLV_HAS_COPY 1
#define SLV_READS_CLANG_CODE 1
#define SLV_READS_GO_CODE 1

#endif
