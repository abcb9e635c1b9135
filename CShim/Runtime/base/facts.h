// What is so on this processor.
#ifndef SLV_FACTS_H
#define SLV_FACTS_H

#include "base/processor.h"

#include SLV_PROCESSOR_FILE(base, facts.h)

#endif
