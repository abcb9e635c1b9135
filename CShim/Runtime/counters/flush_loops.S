#include "processors/x86_64/counters/flush_loops.inc"
