// The part of the contract that says which program a life runs; of salvage_abi.h, which includes it.
#ifndef SALVAGE_PROGRAMS_H
#define SALVAGE_PROGRAMS_H

// A program's path and arguments are in a cell of the ledger where they fit, which costs the process that
// notes them no system call; else in the file `programs`.

// Takes the place of a struct slv_cell, with its fields up to `state`.
struct slv_program_cell {
  uint64_t none;      // 0, as in all events
  uint64_t life;      // that runs it: `parent` of other events
  uint32_t state;     // SLV_CELL_PROGRAM, stored last
  uint16_t arguments; // argc, all of them in the text
  uint16_t length;    // of the text: the path, NUL, then the arguments, each with its NUL
  char text[104];
};

#define SLV_PROGRAM_MAGIC 0x50564c53u // "SLVP"
#define SLV_PROGRAM_TEXT_MAX 16384u

// Followed by `length` bytes: the path, NUL, then `argc` arguments, each with its NUL. An argument
// list that is longer than SLV_PROGRAM_TEXT_MAX is cut; `arguments` then exceeds those present.
// A reader that meets no magic looks for the next one.
struct slv_program_record {
  uint32_t magic;
  uint32_t length;
  uint64_t life;
  uint32_t arguments; // argc of the program
  uint32_t present;   // of which this many are in the text
};

SLV_STATIC_ASSERT(sizeof(struct slv_program_record) == 24, "program record");
SLV_STATIC_ASSERT(sizeof(struct slv_program_cell) == 128, "program cell");

#endif
