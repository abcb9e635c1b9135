// What signals/stubs.S and signals/views.c both know.
#ifndef SLV_STUBS_H
#define SLV_STUBS_H

// Different (handler, flags, mask, restorer) that one process can have chained in its life. A program
// that needs more gets what it asks for, unchained.
#define SLV_STUBS 512
#define SLV_STUB_SIZE 16

#endif
