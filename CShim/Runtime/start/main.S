#include "processors/x86_64/start/main.inc"
