// LLVM source-based coverage (clang, swiftc, rustc): counters in __llvm_prf_cnts, MC/DC bitmaps in
// __llvm_prf_bits. Section names survive strip; symbols are hidden and do not. Layouts: LLVM's
// InstrProfData.inc, raw versions 8 (48-byte records, LLVM 14 to 16) and 9, 10 (64 bytes, from 17).
#include <errno.h>

#include "base/hash.h"
#include "sources/source.h"

#define SLV_HASH_CHUNK 2048u // LLVMIdentity.swift has the same

static const char kept[] = "__llvm_prf_names\0"
                           "__llvm_prf_data\0"
                           "__llvm_prf_cnts\0"
                           "__llvm_prf_bits\0"
                           "__llvm_covmap\0"
                           "__llvm_covfun\0"
                           ".note.gnu.build-id\0";

struct record { // the fields both layouts share a place for
  uint64_t name, hash;
  int64_t counters;
};

#define NEW 64u // bytes of a record
#define OLD 48u

// The records of an object. One that two versions of LLVM made parts of has both sizes.
struct records {
  const char *bytes;
  uint64_t size, address;
  uint64_t stride; // of all; 0: each has its own
  const Elf64_Shdr *counters;
  unsigned width; // bytes of a counter
};

// Where the counts of counters and value sites are, behind the pointers.
// Context: any
static uint64_t tail_of(uint64_t stride) { return stride == NEW ? 48 : 40; }

// Whether one of that size at `at` points at counters of this object. Context: any
static int points_well(const struct records *r, uint64_t at, uint64_t stride) {
  if (stride > r->size - at) return 0;
  const struct record *one = (const struct record *)(const void *)(r->bytes + at);
  return r->address + at + (uint64_t)one->counters - r->counters->sh_addr < r->counters->sh_size;
}

// The same, and all its counters are in their section. Context: any
static int fits(const struct records *r, uint64_t at, uint64_t stride) {
  uint32_t count;
  if (!points_well(r, at, stride)) return 0;
  const struct record *one = (const struct record *)(const void *)(r->bytes + at);
  uint64_t where = r->address + at + (uint64_t)one->counters - r->counters->sh_addr;
  __builtin_memcpy(&count, r->bytes + at + tail_of(stride), sizeof count);
  return count != 0 && count <= (r->counters->sh_size - where) / r->width;
}

// The size of the record at `at`, where the one before has the size `last`:
// parts that one version made stand together. 0: it is neither. Context: any
static uint64_t size_at(const struct records *r, uint64_t at, uint64_t last) {
  if (r->stride != 0) return r->stride;
  uint64_t other = last == NEW ? OLD : NEW;
  return fits(r, at, last) ? last : fits(r, at, other) ? other : 0;
}

// Context: any
static int all_fit(const struct records *r, uint64_t stride) {
  if (r->size % stride != 0) return 0;
  for (uint64_t at = 0; at < r->size; at += stride)
    if (!points_well(r, at, stride)) return 0;
  return 1;
}

// Finds out the sizes; 0 where the records are of a kind that is not known.
// Context: any
static int measure(struct records *r) {
  r->stride = all_fit(r, NEW) ? NEW : all_fit(r, OLD) ? OLD : 0;
  for (uint64_t at = 0, step = NEW; at < r->size && r->stride == 0; at += step)
    if ((step = size_at(r, at, step)) == 0) return 0;
  return 1;
}

// Adds the contents of a section on disk; a missing one is nothing. 0 when they can't be read.
// Context: thread
static int hash_file(uint64_t *h, const struct slv_file *file, const Elf64_Shdr *section) {
  char chunk[SLV_HASH_CHUNK];
  if (section == NULL || section->sh_type == SHT_NOBITS) return 1;
  for (uint64_t at = 0; at < section->sh_size; at += sizeof chunk) {
    uint64_t left = section->sh_size - at, bytes = left < sizeof chunk ? left : sizeof chunk;
    slv_word got = slv_sys_pread(file->descriptor, chunk, bytes, section->sh_offset + at);
    if (got != (slv_word)bytes) return 0;
    *h = slv_hash(*h, chunk, bytes);
  }
  return 1;
}

// A hash over names, function hashes, counter places, and the lines that they
// stand for, by which alone two programs may differ whose `main` has the same
// shape; not over pointers, which relocation fills. 0 when the file can't be
// read. Context: thread
static uint64_t identity(const struct slv_file *file, const struct records *r,
                         const Elf64_Shdr *names) {
  uint64_t place[2] = {r->counters->sh_addr, r->counters->sh_size};
  uint64_t h = slv_hash(0, place, sizeof place);
  h = slv_hash(h, slv_section_contents(file, names), names->sh_size);
  for (uint64_t at = 0, step = NEW; at < r->size; at += step) {
    step = size_at(r, at, step);
    h = slv_hash(h, r->bytes + at, sizeof(struct record));
    h = slv_hash(h, r->bytes + at + tail_of(step), step - tail_of(step));
  }
  if (!hash_file(&h, file, slv_section(file, "__llvm_covmap")) ||
      !hash_file(&h, file, slv_section(file, "__llvm_covfun")))
    return 0;
  return h | 1;
}

// Whether the records in memory are those of the file on disk, which may have
// been rebuilt since it was loaded: then its coverage mapping would be another
// program's. -1: can't be read. Context: thread
static int is_loaded_file(const struct slv_file *file, const Elf64_Shdr *data,
                          const struct records *r) {
  if (file->image != NULL) return 1;
  char chunk[768]; // whole records of both sizes
  for (uint64_t at = 0, step = NEW; at < r->size;) {
    uint64_t bytes = r->stride == 0                ? size_at(r, at, step)
                     : r->size - at < sizeof chunk ? r->size - at
                                                   : sizeof chunk;
    step = size_at(r, at, step);
    slv_word got = slv_sys_pread(file->descriptor, chunk, bytes, data->sh_offset + at);
    if (got < 0) return -1;
    if (got != (slv_word)bytes) return 0;
    for (uint64_t n = 0; n + step <= bytes; n += step)
      if (!slv_equal(chunk + n, r->bytes + at + n, sizeof(struct record))) return 0;
    at += bytes;
  }
  return 1;
}

// Single-byte coverage: the file holds 0xff for "not executed". One counter may be a plain 64-bit one
// that is -1 in no compiler. -1: the file can't be read. Context: thread
static int is_byte_coverage(const struct slv_file *file, const Elf64_Shdr *counters) {
  unsigned char sample[256];
  if (counters->sh_type == SHT_NOBITS) return 0;
  size_t n = counters->sh_size < sizeof sample ? counters->sh_size : sizeof sample;
  if (slv_sys_pread(file->descriptor, sample, n, counters->sh_offset) != (slv_word)n) return -1;
  for (size_t i = 0; i < n; i++)
    if (sample[i] != 0xff) return 0;
  return 1;
}

// Where all functions are unused ones of headers, or of a crate that nobody calls, there is a mapping and no
// counter. -1: the file can't be read. Context: thread
static int find_unused(const struct slv_file *file, const Elf64_Shdr *names,
                       struct slv_found *found) {
  const Elf64_Shdr *files = slv_section(file, "__llvm_covmap");
  const Elf64_Shdr *functions = names != NULL ? slv_section(file, "__llvm_covfun") : NULL;
  const char *contents = functions != NULL ? slv_section_contents(file, names) : NULL;
  if (files == NULL || contents == NULL) return 0;
  uint64_t h = slv_hash(0, contents, names->sh_size);
  if (!hash_file(&h, file, files) || !hash_file(&h, file, functions)) return -1;
  slv_found_unused(found, SLV_SOURCE_LLVM, h | 1);
  return 0;
}

// There are counters, and what they mean is not to be found out. Context: any
static int unknown(struct slv_found *found, enum slv_loss loss, int error) {
  found->loss = loss;
  found->error = error;
  return 0;
}

// Context: thread
static int find(const struct slv_file *file, struct slv_found *found) {
  const Elf64_Shdr *counters = slv_section(file, "__llvm_prf_cnts");
  const Elf64_Shdr *data = slv_section(file, "__llvm_prf_data");
  const Elf64_Shdr *names = slv_section(file, "__llvm_prf_names");
  const Elf64_Shdr *bits = slv_section(file, "__llvm_prf_bits");
  if (counters == NULL || counters->sh_size == 0) return find_unused(file, names, found);
  if (data == NULL || names == NULL || data->sh_size < OLD)
    return unknown(found, SLV_LOSS_CORRELATED, 0);
  struct records r = {
      slv_section_contents(file, data), data->sh_size, data->sh_addr, 0, counters, 8};
  int bytes = is_byte_coverage(file, counters);
  if (bytes < 0) return -1; // what a passing error hid must not stand in the index
  if (bytes) r.width = 1;
  if (r.bytes == NULL || slv_section_contents(file, names) == NULL ||
      counters->sh_size > UINT32_MAX || !measure(&r))
    return unknown(found, SLV_LOSS_UNKNOWN_FORMAT, 0);
  int loaded = is_loaded_file(file, data, &r);
  if (loaded == 0) return unknown(found, SLV_LOSS_UNREADABLE, ESTALE);
  uint64_t meaning = loaded < 0 ? 0 : identity(file, &r, names);
  if (meaning == 0) return -1;
  slv_found_source(found, SLV_SOURCE_LLVM, meaning);
  slv_found_region(found, SLV_SOURCE_LLVM, bytes ? SLV_REGION_AND8 : SLV_REGION_ADD64,
                   counters->sh_addr, counters->sh_size);
  if (bits != NULL && bits->sh_size <= UINT32_MAX)
    slv_found_region(found, SLV_SOURCE_LLVM, SLV_REGION_OR8, bits->sh_addr, bits->sh_size);
  return 1;
}

// Context: thread
static int admit(const struct dl_phdr_info *info, const struct slv_found *found, uint32_t *loss) {
  (void)info;
  if (*loss == SLV_LOSS_NONE && (found->hosts & SLV_USE_RESETS)) *loss = SLV_LOSS_OWN_COUNTERS;
  return 1;
}

extern const struct slv_source_ops slv_source_llvm;
const struct slv_source_ops slv_source_llvm = {.source = SLV_SOURCE_LLVM,
                                               .find = find,
                                               .calls = 1,
                                               .keep = kept,
                                               .admit = admit,
                                               .traces = "__llvm_prf_cnts\0__llvm_covfun\0"};
