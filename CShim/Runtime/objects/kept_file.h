// <identity>.obj: what a report needs of an object, kept in the recording.
#ifndef SLV_KEPT_FILE_H
#define SLV_KEPT_FILE_H

#include "objects/elf_file.h"
#include "objects/found.h"

struct slv_kept;

// Writes the file, once for each identity: `fill` adds what the object's sources need of it. `path` is
// where the object came from. Context: thread
typedef void slv_kept_filler(struct slv_kept *kept, const struct slv_file *file,
                             const struct slv_found *found);
void slv_keep_object(const struct slv_file *file, const struct slv_found *found, const char *path,
                     slv_kept_filler *fill);

// For fillers: copies sections of the file on disk, as far as it has them. Each of the names ends with a NUL,
// the last with two. Context: thread
void slv_keep_sections(struct slv_kept *kept, const struct slv_file *file, const char *names);

// Begins a section that is no part of the file, and appends to it. Context: thread
void slv_keep_section(struct slv_kept *kept, const char *name);
void slv_keep_bytes(struct slv_kept *kept, const void *bytes, size_t count);
void slv_keep_file(struct slv_kept *kept, int file, size_t count); // its first bytes

#endif
