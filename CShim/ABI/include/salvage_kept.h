// The part of the contract that says what <identity>.obj holds; of salvage_abi.h, which includes it.
#ifndef SALVAGE_KEPT_H
#define SALVAGE_KEPT_H

// <identity>.obj is an ELF file of the same class and machine with, as far as the original had them:
// __llvm_prf_names, __llvm_prf_data, __llvm_prf_cnts (initial values), __llvm_prf_bits,
// __llvm_covmap, __llvm_covfun, .note.gnu.build-id, and our sections:
// the path of the file it came from, NUL, and when that was last written (u64, CLOCK_REALTIME, ns; 0: not known)
#define SLV_ORIGIN_SECTION ".salvage.origin"
// Set of 1 << enum slv_source: the object was instrumented, and has no counters, for none of its functions is in
// use. There is no file of counters then; a report shows its functions as never run.
#define SLV_UNUSED_SECTION ".salvage.unused"

// Of an object with gcov counters, what it had in memory: the header, and for each unit (a compiled
// file) an info, its name, and functions, each with its counters.
#define SLV_GCOV_SECTION ".salvage.gcov"

struct slv_gcov_header {
  uint32_t version; // 1
  uint32_t infos;
};

struct slv_gcov_info {
  uint32_t version; // as in the compiler's files
  uint32_t stamp;
  uint32_t checksum; // since gcc 12, else 0
  uint32_t functions;
  uint32_t name_bytes; // of the .gcda path that follows, with its NUL, padded to 8
  uint32_t kinds;      // bit t: counters of kind t are in use, be they kept or not
};

struct slv_gcov_function {
  uint32_t present; // 0: another unit's was linked (comdat), no counters follow
  uint32_t ident;
  uint32_t lineno_checksum;
  uint32_t cfg_checksum;
  uint32_t counters; // that follow
  uint32_t reserved;
};

struct slv_gcov_counter {
  uint32_t kind;
  uint32_t count;
  uint64_t address; // link-time, of `count` words
};

#define SLV_GCOV_BY_CLANG (1u << 31) // in `kinds`: its files are those of clang's runtime

// What the index of the ledger notes of such an object.
enum slv_gcov_note {
  SLV_GCOV_NOTE_VALUES = 1u << 1, // it has counters of kinds that are not kept
};

// The contents of the notes files (x.gcno for x.gcda) that were there, each padded to 8.
#define SLV_GCOV_NOTES_SECTION ".salvage.gcno"

struct slv_gcov_notes {
  uint32_t info; // number of the unit
  uint32_t reserved;
  uint64_t bytes; // that follow
};

// Of an object with -fsanitize-coverage, from its table in memory: one for each block, in the order of the
// counters of every kind. Beside it what llvm-symbolizer reads (.debug_*), and the bytes of .symtab and
// .strtab.
#define SLV_SANCOV_SECTION ".salvage.sancov.pcs"

struct slv_sancov_block {
  uint64_t address; // link-time, of its first instruction
  uint64_t flags;   // bit 0: it is a function's entry
};

// Of an object with Go's counters: the header; for each package, in the order in which the program makes
// them known at run time (a list of counters names the first 1), a head and the bytes of its meta-data, padded
// to 8; then the names of all source files as the program knows them, each with a NUL.
#define SLV_GO_SECTION ".salvage.go"

struct slv_go_header {
  uint32_t version; // 1
  uint32_t packages;
  uint64_t files; // bytes of the names
};

struct slv_go_package {
  uint32_t bytes;       // of its meta-data
  uint32_t mode;        // 1 set, 2 count, 3 atomic, 4 it has no functions
  uint32_t granularity; // 1 for each block, 2 for each function
  int32_t number;       // -1, or how a package of Go's runtime names itself
};

#endif
