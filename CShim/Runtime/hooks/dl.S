// dlopen: an entry point without a frame of its own, for the loader searches where its caller's own
// RUNPATH says. Its arguments are slv_note_dlopen's too. See hooks/exit.S. Context: thread
#include "base/processor.h"

#include SLV_PROCESSOR_FILE(base, entry.inc)

  .text
  slv_entry dlopen, slv_note_dlopen, 2
  slv_entry dlmopen, slv_note_dlmopen, 3

#include "base/marks.inc"
