// exit and its kin: entry points without a frame of their own. Programs and sanitizers print their own stacks,
// from abort() and its like: they read as without the library. Each one
// notes the end (hooks/exit.c), then goes on to the function that it stands in front of, with the
// program's return address and argument. Context: as the C function of the same subject.
#include "base/processor.h"

#include SLV_PROCESSOR_FILE(base, entry.inc)

  .text
  slv_entry exit, slv_note_exit, 1
  slv_entry _exit, slv_note__exit, 1
  slv_entry _Exit, slv_note__Exit, 1
  slv_entry quick_exit, slv_note_quick_exit, 1
  slv_entry abort, slv_note_abort, 1

#include "base/marks.inc"
