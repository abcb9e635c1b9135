// LLVM source-based coverage (clang, swiftc, rustc): counters in __llvm_prf_cnts, MC/DC bitmaps in
// __llvm_prf_bits. Section names survive strip; symbols are hidden and do not. Layouts: LLVM's
// InstrProfData.inc, raw versions 8 (48-byte records, LLVM 14 to 16) and 9, 10 (64 bytes, from 17).
#include "source.h"

#define SLV_HASH_CHUNK 2048u // LLVMIdentity.swift has the same

static const char *const kept[] = {
    "__llvm_prf_names", "__llvm_prf_data", "__llvm_prf_cnts",    "__llvm_prf_bits",
    "__llvm_covmap",    "__llvm_covfun",   ".note.gnu.build-id", NULL,
};

struct record { // the fields both layouts share a place for
  uint64_t name, hash;
  int64_t counters;
};

// True when every record of that size points at counters of this object. Context: any
static int stride_fits(const char *data, uint64_t size, uint64_t address, uint64_t stride,
                       const Elf64_Shdr *counters) {
  if (size % stride != 0) return 0;
  for (uint64_t at = 0; at < size; at += stride) {
    const struct record *r = (const struct record *)(const void *)(data + at);
    uint64_t where = address + at + (uint64_t)r->counters - counters->sh_addr;
    if (where >= counters->sh_size) return 0;
  }
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

// A hash over names, function hashes, counter places, and the lines that they stand for, by which alone
// two programs may differ whose `main` has the same shape; not over pointers, which relocation fills.
// 0 when the file can't be read. Context: thread
static uint64_t identity(const struct slv_file *file, const Elf64_Shdr *data, uint64_t stride,
                         const Elf64_Shdr *names, const Elf64_Shdr *counters) {
  const char *records = slv_section_contents(file, data);
  uint64_t tail = stride == 64 ? 48 : 40; // counts of counters and value sites, behind the pointers
  uint64_t place[2] = {counters->sh_addr, counters->sh_size};
  uint64_t h = slv_hash(0, place, sizeof place);
  h = slv_hash(h, slv_section_contents(file, names), names->sh_size);
  for (uint64_t at = 0; at + stride <= data->sh_size; at += stride) {
    h = slv_hash(h, records + at, sizeof(struct record));
    h = slv_hash(h, records + at + tail, stride - tail);
  }
  if (!hash_file(&h, file, slv_section(file, "__llvm_covmap")) ||
      !hash_file(&h, file, slv_section(file, "__llvm_covfun")))
    return 0;
  return h | 1;
}

// Whether the records in memory are those of the file on disk, which may have been rebuilt since it
// was loaded: then its coverage mapping would be another program's. -1: can't be read. Context: thread
static int is_loaded_file(const struct slv_file *file, const Elf64_Shdr *data, uint64_t stride) {
  if (file->image != NULL) return 1;
  const char *records = slv_section_memory(file, data);
  char chunk[768]; // whole records of both sizes
  for (uint64_t at = 0; at < data->sh_size; at += sizeof chunk) {
    uint64_t bytes = data->sh_size - at < sizeof chunk ? data->sh_size - at : sizeof chunk;
    slv_word got = slv_sys_pread(file->descriptor, chunk, bytes, data->sh_offset + at);
    if (got < 0) return -1;
    if (got != (slv_word)bytes) return 0;
    for (uint64_t r = 0; r + stride <= bytes; r += stride)
      if (!slv_equal(chunk + r, records + at + r, sizeof(struct record))) return 0;
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

// Context: thread
static int find(const struct slv_file *file, struct slv_found *found) {
  const Elf64_Shdr *counters = slv_section(file, "__llvm_prf_cnts");
  const Elf64_Shdr *data = slv_section(file, "__llvm_prf_data");
  const Elf64_Shdr *names = slv_section(file, "__llvm_prf_names");
  const Elf64_Shdr *bits = slv_section(file, "__llvm_prf_bits");
  if (counters == NULL || data == NULL || names == NULL || counters->sh_size == 0 ||
      counters->sh_size > UINT32_MAX || data->sh_size < 48)
    return 0;
  const char *records = slv_section_contents(file, data);
  if (records == NULL || slv_section_contents(file, names) == NULL) return 0;
  uint64_t stride = stride_fits(records, data->sh_size, data->sh_addr, 64, counters)   ? 64
                    : stride_fits(records, data->sh_size, data->sh_addr, 48, counters) ? 48
                                                                                       : 0;
  if (stride == 0) return 0;
  int loaded = is_loaded_file(file, data, stride), bytes = is_byte_coverage(file, counters);
  if (loaded == 0) return 0;
  if (loaded < 0 || bytes < 0) return -1; // what a passing error hid must not stand in the index
  uint64_t meaning = identity(file, data, stride, names, counters);
  if (meaning == 0) return -1;
  slv_found_source(found, SLV_SOURCE_LLVM, meaning);
  slv_found_region(found, SLV_SOURCE_LLVM, bytes ? SLV_REGION_AND8 : SLV_REGION_ADD64,
                   counters->sh_addr, counters->sh_size);
  if (bits != NULL && bits->sh_size <= UINT32_MAX)
    slv_found_region(found, SLV_SOURCE_LLVM, SLV_REGION_OR8, bits->sh_addr, bits->sh_size);
  return 1;
}

const struct slv_source_ops slv_source_llvm = {SLV_SOURCE_LLVM, find, 0, kept, NULL, NULL};
