// Marks of functions and variables.
#ifndef SLV_ATTRIBUTES_H
#define SLV_ATTRIBUTES_H

#define SLV_EXPORT __attribute__((visibility("default")))

// For variables that every start touches: they stand in the data segment's first page, which the
// loader's relocations have made private anyway. One page less is a fault less in each process.
#define SLV_HOT __attribute__((section(".data")))

// For variables that a fork writes, in parent or child: they stand together, for each page that one of
// them touches after a fork is a fault and a copy.
#define SLV_HOT_FORK __attribute__((section(".data.fork")))

#endif
