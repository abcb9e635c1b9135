// The part of the contract that Python code is recorded by; of salvage_abi.h, which includes it.
#ifndef SALVAGE_PYTHON_H
#define SALVAGE_PYTHON_H

// A file of all lines of Python code, shared by all processes of a user: a byte is only ever set to a
// larger value, whoever sets it and however often, so that nobody needs a lock, a slot or a fork
// handler. Numbers in it are offsets; `next` and `allocated` count from data_offset.
#define SLV_PYTHON_MAGIC 0x4e48595056534c53ull // "SLSVPYHN"
#define SLV_PYTHON_SLOTS 16384u
#define SLV_PYTHON_DIRECTORY_OFFSET 4096u
#define SLV_PYTHON_DATA_OFFSET 266240u // header + directory
#define SLV_PYTHON_WINDOW 4194304u     // no block crosses a multiple of it
#define SLV_PYTHON_WINDOWS 256u        // the file is at most 1 GiB

struct slv_python_header {
  uint64_t magic; // written last; the other constants are the same whoever writes them
  uint32_t version;
  uint32_t slots;
  uint64_t directory_offset;
  uint64_t data_offset;
  uint64_t next;      // bytes handed out, atomic
  uint64_t allocated; // bytes that have blocks on the disk, atomic, grows only
};

// An open-addressed table, from key modulo slots on. Both words are set by compare-and-swap, `block`
// to an entry that is whole: whoever finds a key without one gives it its own.
struct slv_python_slot {
  uint64_t key;   // hash of path and identity; 0 free
  uint64_t block; // offset in the file; 0 not yet
};

enum slv_python_line {
  SLV_PYTHON_NO_LINE = 0,
  SLV_PYTHON_EXECUTABLE = 1, // there is code for it
  SLV_PYTHON_EXECUTED = 3,
};

// The code objects of one compiled source, or of a part that was compiled alone. Offsets are from the
// block's beginning.
struct slv_python_block {
  uint32_t size;
  uint32_t minor;    // 12 for CPython 3.12
  uint64_t identity; // a hash of the code objects
  uint64_t source;   // a hash of the source's text when it was first seen; 0 not known
  uint32_t lines;    // of line states, a byte for each line from 0 on
  uint32_t lines_offset;
  uint32_t functions; // of struct slv_python_function, one for each code object
  uint32_t functions_offset;
  uint32_t entered_offset; // a byte for each of these: 1 it was called
  uint32_t path_offset;    // absolute, NUL
  uint32_t names_offset;   // of qualified names, each with its NUL, up to the end of the block
  uint32_t branches;       // of struct slv_python_branch
  uint32_t branches_offset;
  uint32_t taken_offset; // two bytes for each branch: 1 it went left, 1 it went right
};

#define SLV_PYTHON_NO_NAME 0xffffffffu

struct slv_python_function { // a code object
  uint32_t line;             // of its first line or decorator
  uint32_t name;   // offset from names_offset; SLV_PYTHON_NO_NAME: of a module, a class, a lambda
  uint32_t branch; // the first of its branches; they go up to those of the next one
};

// A jump that leads to one of two lines (CPython 3.14 and later).
struct slv_python_branch {
  uint32_t line;
  uint32_t at; // its place in the code
};

SLV_STATIC_ASSERT(sizeof(struct slv_python_header) == 48, "python header");
SLV_STATIC_ASSERT(sizeof(struct slv_python_slot) == 16, "python slot");
SLV_STATIC_ASSERT(sizeof(struct slv_python_block) == 64, "python block");
SLV_STATIC_ASSERT(SLV_PYTHON_DIRECTORY_OFFSET + 16 * SLV_PYTHON_SLOTS == SLV_PYTHON_DATA_OFFSET,
                  "python directory");

#endif
