// The sources of counters, and what they find in an object. A new source is a line of this list.
#include <errno.h>

#include "sources/source.h"

extern const struct slv_source_ops slv_source_llvm, slv_source_gcov, slv_source_sancov,
    slv_source_go;

#define COUNT 4u
static const struct slv_source_ops *const sources[COUNT] = { // as they are asked
    &slv_source_llvm, &slv_source_gcov, &slv_source_sancov, &slv_source_go};

// Context: any
uint32_t slv_sources_of_each_life(void) {
  uint32_t set = 0;
  for (size_t i = 0; i < COUNT; i++)
    if (sources[i]->each_life) set |= 1u << sources[i]->source;
  return set;
}

// What the object asks of the runtimes of those compilers that wrote its counters. Context: thread
static uint32_t calls(const struct slv_file *file, uint32_t found) {
  for (size_t i = 0; i < COUNT; i++)
    if (sources[i]->calls && (found & 1u << sources[i]->source)) return slv_calls(file);
  return 0;
}

// Asks every source, or those that the index names; of those whose regions are listed only the ones that
// have something to do in each life. 0 when one could not read the file. Context: thread
static int ask(const struct slv_file *file, struct slv_found *found) {
  uint32_t wanted = found->known ? found->sources : UINT32_MAX;
  if (!found->listed) found->sources = found->regions = 0;
  for (size_t i = 0; i < COUNT; i++) {
    const struct slv_source_ops *source = sources[i];
    if (!(wanted & 1u << source->source) || (found->listed && !source->each_life)) continue;
    int got = source->find(file, found);
    if (got < 0) return 0;
    if (got == 0 && found->listed) found->regions = 0; // it has none here: nothing is kept
  }
  if (found->known) return 1;
  found->hosts |= calls(file, found->sources);
  if (found->loss == SLV_LOSS_NONE && slv_clang_units(file) > found->clang_units)
    found->loss = SLV_LOSS_CLANG_GCOV;
  return 1;
}

// Context: thread
static void fill(struct slv_kept *kept, const struct slv_file *file,
                 const struct slv_found *found) {
  uint32_t unused = slv_found_unused_set(found);
  for (size_t i = 0; i < COUNT; i++) {
    const struct slv_source_ops *source = sources[i];
    if (!((found->sources | unused) & 1u << source->source)) continue;
    if (source->keep != NULL) slv_keep_sections(kept, file, source->keep);
    if (source->make != NULL && !unused) source->make(kept, file, found);
  }
  if (!unused) return;
  slv_keep_section(kept, SLV_UNUSED_SECTION);
  slv_keep_bytes(kept, &unused, sizeof unused);
}

// Context: thread
static void keep_object(const struct slv_file *file, const struct slv_found *found,
                        const char *path) {
  char link[SLV_PATH_MAX];
  slv_word n = slv_sys_readlinkat(AT_FDCWD, path, link, sizeof link - 1);
  link[n > 0 ? n : 0] = 0;
  slv_keep_object(file, found, n > 0 && link[0] == '/' ? link : path, fill);
}

// Whether all that is to be found lies in memory. Context: any
static int needs_no_file(const struct slv_found *found) {
  return found->listed || (found->known && (found->sources & ~slv_sources_of_each_life()) == 0);
}

// Context: thread
int slv_object_inspect(const struct dl_phdr_info *info, struct slv_found *found,
                       enum slv_when when) {
  struct slv_file file = {.bias = info->dlpi_addr,
                          .info = info,
                          .running = when >= SLV_RUNNING,
                          .writing = when == SLV_WRITING,
                          .descriptor = -1};
  if (needs_no_file(found)) return ask(&file, found);
  const char *path = slv_object_path(info);
  found->blind = slv_object_file_open(&file, path, &found->error);
  int looked = ask(&file, found);
  if (looked && !found->known && (found->regions != 0 || slv_found_unused_set(found) != 0))
    keep_object(&file, found, path);
  slv_object_file_close(&file);
  return looked;
}

// Context: thread
int slv_sources_admit(const struct dl_phdr_info *info, const struct slv_found *found,
                      uint32_t *loss) {
  int keep = 1;
  for (size_t i = 0; i < COUNT; i++)
    if (sources[i]->admit != NULL && (found->sources & 1u << sources[i]->source))
      keep &= sources[i]->admit(info, found, loss);
  return keep;
}

// Context: thread
void slv_sources_settle(struct slv_found *found, int taken) {
  for (size_t i = 0; i < COUNT; i++)
    if (sources[i]->settle != NULL) sources[i]->settle(found, taken);
}

// Programs that ask for LLVM's variable for another reason have a file without such counters; and of gcc's
// that libgcov knew of first it tells by itself. Context: thread
enum slv_loss slv_sources_explain(const struct dl_phdr_info *info, enum slv_source source,
                                  int *error) {
  struct slv_found found = {.sources = 0};
  enum slv_loss loss = SLV_LOSS_NONE;
  for (size_t i = 0; i < COUNT; i++)
    if (sources[i]->source == source && sources[i]->quiet) return SLV_LOSS_NONE;
  *error = EIO;
  if (!slv_object_inspect(info, &found, SLV_WRITING)) {
    loss = SLV_LOSS_UNREADABLE;
  } else {
    *error = found.error;
    if (found.blind != SLV_LOSS_NONE) loss = (enum slv_loss)found.blind;
    else if (found.loss != SLV_LOSS_GCOV_LATE) loss = (enum slv_loss)found.loss;
  }
  slv_sources_settle(&found, 0);
  slv_found_drop(&found);
  return loss;
}

// Context: any
int slv_sources_trace(const char *at) {
  if (at[0] != '.' && (at[0] != '_' || at[1] != '_')) return 0;
  for (size_t i = 0; i < COUNT; i++)
    for (const char *trace = sources[i]->traces; trace != NULL && *trace != 0;
         trace += slv_length(trace) + 1)
      if (slv_same(at, trace)) return 1;
  return 0;
}
