// What the instructions of this processor do.
#include "processors/aarch64/sources/compute.h"
#include "processors/aarch64/sources/step.h"
#include "processors/x86_64/sources/decode.h"
#include "processors/x86_64/sources/step.h"
