#include "processors/x86_64/signals/stubs.inc"
