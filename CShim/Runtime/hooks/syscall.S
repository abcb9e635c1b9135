#include "processors/x86_64/hooks/syscall.inc"
