// The notes files of gcc's units.
#ifndef SLV_GCOV_NOTES_H
#define SLV_GCOV_NOTES_H

#include "objects/kept_file.h"
#include "sources/gcov_layout.h"

// Copies the notes file of a unit, if it is to be found. Context: thread
void slv_gcov_keep_notes(struct slv_kept *kept, const struct slv_gcov_unit *unit, uint32_t number);

#endif
