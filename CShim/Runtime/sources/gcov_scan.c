// Finds what gcc's instrumentation left in the data of a loaded object: no symbol tells, for they are
// local and stripped programs have none. An info is static data, relocated before any constructor.
#include "base/bytes.h"
#include "sources/gcov_layout.h"

// Whether [address, address + size) lies in one segment of the object with these flags. Context: any
static int in_segment(const struct slv_gcov_image *image, struct slv_gcov_span *span,
                      uint32_t flags, uintptr_t address, size_t size) {
  if (address >= span->low && address < span->high && size <= span->high - address) return 1;
  const struct dl_phdr_info *info = image->info;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *p = &info->dlpi_phdr[i];
    uintptr_t low = info->dlpi_addr + p->p_vaddr, high = low + p->p_memsz;
    if (p->p_type != PT_LOAD || (p->p_flags & flags) != flags || address < low || address >= high)
      continue;
    *span = (struct slv_gcov_span){low, high};
    return size <= high - address;
  }
  return 0;
}

// Context: any
static int readable(const struct slv_gcov_image *image, struct slv_gcov_span *span,
                    uintptr_t address, size_t size) {
  return in_segment(image, span, PF_R, address, size);
}

// Context: any
static uint32_t character(uint32_t version, int place) {
  return version >> (24 - 8 * place) & 0xff;
}

// Context: any
int slv_gcov_kinds(uint32_t version) {
  uint32_t major = (character(version, 0) - 'A') * 10 + character(version, 1) - '0';
  return major < 10 || major > 15 ? 0 : major == 15 ? 10 : major == 14 ? 9 : 8;
}

// Whether a word could be a version: letter, digit, digit or letter, status. Context: any
static int is_version(uint64_t word) {
  if (word >> 32 != 0 || word >> 24 < 'A' || word >> 24 > 'Z') return 0;
  uint32_t second = character((uint32_t)word, 1), third = character((uint32_t)word, 2);
  uint32_t last = character((uint32_t)word, 3);
  return second >= '0' && second <= '9' && third >= '0' && third <= 'z' && last >= ' ' &&
         last < 127;
}

// The length of a name that ends in ".gcda"; 0: it is none. Context: any
static size_t name_length(struct slv_gcov_image *image, const char *name) {
  static const char suffix[] = ".gcda";
  struct slv_gcov_span span = {1, 0};
  if (!readable(image, &span, (uintptr_t)name, sizeof suffix)) return 0;
  size_t length = 0, room = span.high - (uintptr_t)name;
  while (length < room && length < 4096 && name[length] != 0) length++;
  if (length == room || length == 4096 || length < sizeof suffix) return 0;
  return slv_equal(name + length - (sizeof suffix - 1), suffix, sizeof suffix) ? length : 0;
}

// 1: an info stands there, -1: one of an unknown version. Context: any
static int read_info(struct slv_gcov_image *image, struct slv_gcov_raw *raw,
                     struct slv_gcov_unit *info) {
  struct slv_gcov_span span = {1, 0};
  if (!readable(image, &span, (uintptr_t)raw, sizeof *raw)) return 0;
  *info = (struct slv_gcov_unit){.raw = raw, .version = raw->version, .stamp = raw->stamp};
  info->name = raw->name;
  info->name_length = name_length(image, raw->name);
  if (info->name_length == 0) return 0;
  int kinds = slv_gcov_kinds(raw->version);
  if (kinds == 0) return -1;
  size_t tail = sizeof *raw + (size_t)kinds * sizeof raw->merge[0];
  if (!readable(image, &span, (uintptr_t)raw, tail + 16)) return 0;
  if (character(raw->version, 0) != 'B' || character(raw->version, 1) >= '2')
    info->checksum = raw->checksum;
  for (int t = 0; t < kinds; t++) info->kinds |= (uint32_t)(raw->merge[t] != NULL) << t;
  __builtin_memcpy(&info->functions, (char *)raw + tail, 4);
  __builtin_memcpy(&info->table, (char *)raw + tail + 8, sizeof info->table);
  return readable(image, &image->table, (uintptr_t)info->table,
                  (size_t)info->functions * sizeof info->table[0]);
}

// Whether a version may stand there: few words of data are of that size. Context: any
static int may_begin(uintptr_t here) {
  uint64_t word;
  __builtin_memcpy(&word, (const void *)here, 8);
  return word - ((uint64_t)'A' << 24) < (uint64_t)26 << 24;
}

// Context: any
static uintptr_t skip(uintptr_t here, uintptr_t end) {
  while (here + 32 <= end &&
         !(may_begin(here) | may_begin(here + 8) | may_begin(here + 16) | may_begin(here + 24)))
    here += 32;
  return here;
}

// Context: any
static uintptr_t candidate(uintptr_t here, uintptr_t end) {
  for (; (here = skip(here, end)) + 8 <= end; here += 8) {
    uint64_t word;
    __builtin_memcpy(&word, (const void *)here, 8);
    if (may_begin(here) && is_version(word)) return here;
  }
  return 0;
}

// Context: any
int slv_gcov_may_hold(const char *data, size_t size, struct slv_gcov_span *part) {
  uintptr_t begin = (uintptr_t)data, end = begin + size, found, last = 0;
  uintptr_t first = candidate((begin + 7) & ~(uintptr_t)7, end);
  for (found = first; found != 0; found = candidate(found + 8, end)) last = found;
  *part = (struct slv_gcov_span){first - begin, last - begin + 8};
  return first != 0;
}

// Context: any
int slv_gcov_next(struct slv_gcov_image *image, uintptr_t *at, uintptr_t end,
                  struct slv_gcov_unit *info) {
  uintptr_t here = (*at + 7) & ~(uintptr_t)7; // a variable of its own stays in a register
  for (; (here = candidate(here, end)) != 0; here += 8) {
    int found = read_info(image, (struct slv_gcov_raw *)here, info);
    if (found == 0) continue;
    *at = here + sizeof *info->raw;
    return found;
  }
  *at = end;
  return 0;
}

// Context: any
int slv_gcov_is_unit(struct slv_gcov_image *image, uintptr_t address) {
  struct slv_gcov_unit unit;
  struct slv_gcov_span span = {1, 0};
  uintptr_t at = address;
  return (address & 7) == 0 && in_segment(image, &span, PF_R | PF_W, address, sizeof *unit.raw) &&
         slv_gcov_next(image, &at, address + 8, &unit) == 1;
}

// Context: any
int slv_gcov_stands_at(struct slv_gcov_image *image, uint64_t address) {
  const struct slv_gcov_raw *raw = (const void *)(image->info->dlpi_addr + address);
  return (address & 7) == 0 &&
         in_segment(image, &image->unit, PF_R | PF_W, (uintptr_t)raw, sizeof *raw) &&
         raw->zero == 0 && is_version(raw->version) && slv_gcov_kinds(raw->version) != 0;
}

// Context: any
const struct slv_gcov_raw_function *
slv_gcov_function(struct slv_gcov_image *image, const struct slv_gcov_unit *info, uint32_t n) {
  const struct slv_gcov_raw_function *f = info->table[n];
  int kinds = __builtin_popcount(info->kinds);
  if (f == NULL || !readable(image, &image->function, (uintptr_t)f,
                             sizeof *f + (size_t)kinds * sizeof f->counters[0]))
    return NULL;
  if (f->key != info->raw) return NULL;
  for (int i = 0; i < kinds; i++) {
    const struct slv_gcov_raw_counters *c = &f->counters[i];
    if (c->count != 0 &&
        (((uintptr_t)c->values & 7) != 0 || !readable(image, &image->values, (uintptr_t)c->values,
                                                      (size_t)c->count * sizeof c->values[0])))
      return NULL;
  }
  return f;
}
