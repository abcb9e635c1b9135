// A source of counters: it says where those of a loaded object are, what they mean, and how two
// images of them are added. Everything else is the same for all.
#ifndef SLV_SOURCE_H
#define SLV_SOURCE_H

#include "objects/kept_file.h"
#include "objects/objects.h"

struct slv_source_ops {
  enum slv_source source;
  uint8_t each_life; // `find` takes something over in each life, also where the regions are listed
  uint8_t calls; // what the object asks of its compiler's runtime is of interest (sources/calls.c)
  uint8_t quiet; // an object in which its runtime speaks, and has no such counters, is no loss
  // Adds the object's counters of this source to `found` and returns 1; 0 when it has none, or with
  // `found->loss` none that can be kept; -1 when the file could not be read. Context: thread
  int (*find)(const struct slv_file *file, struct slv_found *found);
  // Sections of the file that a report needs, kept in <identity>.obj: each name ends with a NUL, the last
  // with two. NULL: there are none.
  const char *keep;
  // Writes sections that are no part of the file, by slv_keep_section; NULL: there are none.
  // Context: thread
  void (*make)(struct slv_kept *kept, const struct slv_file *file, const struct slv_found *found);
  // Asked in each process that has an object of this source: 0 when its counters must be left alone
  // there. `*loss` gets what the ledger shall say. NULL: there is nothing to ask. Context: thread
  int (*admit)(const struct dl_phdr_info *info, const struct slv_found *found, uint32_t *loss);
  // The object's counters are kept, and its runtime shall not write them; or they are not. NULL:
  // there is nothing to do. Context: thread
  void (*settle)(struct slv_found *found, int taken);
  // Names in a file that has such counters, which strip leaves: each begins with "." or "__" and ends with a
  // NUL, the last with two. NULL: there are none.
  const char *traces;
};

// ---- sources/inspect.c: the list of all

// Asks every source about the object, and keeps what a report needs. Where its sections can't be read,
// what needs none is found all the same, and `found->blind` says why the others are not known.
// 0 when a file could not be read, for a reason that may not
// hold for the next life. Context: thread
int slv_object_inspect(const struct dl_phdr_info *info, struct slv_found *found,
                       enum slv_when when);

// Set of 1 << enum slv_source: those that look at the object in each life. Context: any
uint32_t slv_sources_of_each_life(void);

// What this process means for the object's counters: 0 when they must be left alone. `*loss` gets what
// the ledger shall say. Context: thread
int slv_sources_admit(const struct dl_phdr_info *info, const struct slv_found *found,
                      uint32_t *loss);

// The object's counters are kept, or they are not. Context: thread
void slv_sources_settle(struct slv_found *found, int taken);

// A runtime of this source speaks from an object in which no counters of its kind are known: why, and
// the errno. SLV_LOSS_NONE: they need not be known. Context: thread
enum slv_loss slv_sources_explain(const struct dl_phdr_info *info, enum slv_source source,
                                  int *error);

// Whether a name that only files with counters have begins at `at`. Context: any
int slv_sources_trace(const char *at);

// ---- sources/calls.c

// What the object asks of its compiler's runtime: set of enum slv_use. Context: thread
uint32_t slv_calls(const struct slv_file *file);
// How many units of clang's --coverage its symbols name. Context: thread
uint32_t slv_clang_units(const struct slv_file *file);

#endif
