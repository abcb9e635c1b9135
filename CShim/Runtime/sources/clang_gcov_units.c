// Units of clang's --coverage. Each has a constructor that calls llvm_gcov_init(writeout, reset); `writeout`
// calls, for each file, llvm_gcda_start_file(name, version, stamp), for each function
// llvm_gcda_emit_function(ident, line checksum, graph checksum) and llvm_gcda_emit_arcs(count, counters),
// then llvm_gcda_summary_info() and llvm_gcda_end_file(): GCOVProfiling.cpp of LLVM 14 to 21. No symbol is
// needed, for the order of the calls tells them apart. A unit of which anything is not as expected is
// refused as a whole.
#include "sources/clang_gcov.h"
#include "base/bytes.h"
#include "objects/elf_file.h"
#include "sources/gcov_layout.h"

#define INIT_STEPS 50u
#define FIRST_STEPS 400u     // to the first call that tells that it is a unit
#define UNIT_STEPS 16000000u // 24 for each function
#define ALL_KNOWN 7u

// Context: any
int slv_clang_begin(struct slv_clang_image *image, const struct dl_phdr_info *info) {
  size_t bytes = 0;
  *image = (struct slv_clang_image){.info = info};
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *p = &info->dlpi_phdr[i];
    if (p->p_type != PT_DYNAMIC || !slv_in_segment(info, p->p_vaddr, p->p_memsz, PF_R)) continue;
    const ElfW(Dyn) *d = (const void *)(info->dlpi_addr + p->p_vaddr);
    for (size_t n = p->p_memsz / sizeof *d; n > 0 && d->d_tag != DT_NULL; n--, d++) {
      if (d->d_tag == DT_INIT_ARRAY) image->slots = d->d_un.d_ptr;
      if (d->d_tag == DT_INIT_ARRAYSZ) bytes = d->d_un.d_val;
    }
  }
  // The loader does not relocate this one.
  if (image->slots == 0 || (image->slots & 7) != 0 || bytes / 8 > UINT32_MAX ||
      !slv_in_segment(info, image->slots, bytes, PF_R | PF_W))
    return 0;
  image->slots += info->dlpi_addr;
  image->count = (uint32_t)(bytes / 8);
  return image->count != 0;
}

// Context: any
static int is_code(const struct dl_phdr_info *info, uintptr_t address) {
  return slv_in_segment(info, address - info->dlpi_addr, 1, PF_R | PF_X);
}

// Context: any
static uintptr_t slot_value(uintptr_t slot) { return *(const uintptr_t *)slot; }

// Context: any
int slv_clang_is_slot(const struct slv_clang_image *image, uintptr_t address) {
  return address >= image->slots && (address & 7) == 0 &&
         address - image->slots < 8ull * image->count && is_code(image->info, slot_value(address));
}

// Versions whose files have the same records: 4.8 (clang 14 to 19), 10, 11 (clang 20 and 21). Context: any
static int is_version(uint32_t version) {
  return version == 0x3430382a || (version >> 16) == 0x4230 || (version >> 16) == 0x4231;
}

// The name of a file, or 0 where it is none. Context: any
static size_t name_at(const struct dl_phdr_info *info, uintptr_t at) {
  static const char suffix[] = ".gcda";
  uint64_t address = at - info->dlpi_addr;
  size_t length = 0;
  const char *name = (const char *)at;
  while (length < 4096 && slv_in_segment(info, address + length, 1, PF_R) && name[length] != 0)
    length++;
  if (length == 4096 || length < sizeof suffix || !slv_in_segment(info, address, length + 1, PF_R))
    return 0;
  return slv_equal(name + length - (sizeof suffix - 1), suffix, sizeof suffix) ? length : 0;
}

struct reading {
  struct slv_clang_image *image;
  struct slv_clang_unit *unit;
  const struct slv_clang_visitor *visitor; // NULL: it is only looked whether all is known
  struct slv_clang_runtime runtime;
  struct slv_code code;
  struct slv_code_call call;
};

// Sets a function of the runtime that was not met yet. 0: it is another one. Context: any
static int is_function(uintptr_t *known, uintptr_t target) {
  if (*known == 0) *known = target;
  return *known == target;
}

// Context: thread
static int begin_file(struct reading *r) {
  const struct slv_code_call *call = &r->call;
  if (call->known != ALL_KNOWN || !is_function(&r->runtime.start, call->target)) return 0;
  struct slv_clang_file file = {.name = (const char *)(uintptr_t)call->argument[0],
                                .version = (uint32_t)call->argument[1],
                                .stamp = (uint32_t)call->argument[2],
                                .number = r->unit->files};
  file.name_length = name_at(r->image->info, (uintptr_t)call->argument[0]);
  if (file.name_length == 0) return 0;
  if (r->visitor == NULL) r->image->refused = 1; // until all of it is known
  if (!is_version(file.version) || r->unit->files == SLV_CLANG_FILES) return 0;
  if (r->visitor == NULL) r->unit->functions[r->unit->files] = 0;
  else if (r->visitor->file != NULL) r->visitor->file(r->visitor->state, r->unit, &file);
  r->unit->files++;
  return 1;
}

// Context: thread
static int take_function(struct reading *r, struct slv_clang_function *f) {
  const struct slv_code_call *call = &r->call;
  if (call->known != ALL_KNOWN) return 0;
  *f = (struct slv_clang_function){.ident = (uint32_t)call->argument[0],
                                   .lineno_checksum = (uint32_t)call->argument[1],
                                   .cfg_checksum = (uint32_t)call->argument[2]};
  return 1;
}

// Context: thread
static int take_counters(struct reading *r, struct slv_clang_function *f) {
  const struct slv_code_call *call = &r->call;
  const struct dl_phdr_info *info = r->image->info;
  if ((call->known & 3) != 3 || !is_function(&r->runtime.arcs, call->target)) return 0;
  f->count = (uint32_t)call->argument[0];
  f->values = (uintptr_t)call->argument[1];
  if (f->count == 0 || (f->values & 7) != 0 ||
      !slv_in_segment(info, f->values - info->dlpi_addr, 8ull * f->count, PF_R | PF_W))
    return 0;
  if (r->visitor == NULL) r->unit->functions[r->unit->files - 1]++;
  else if (r->visitor->function != NULL) r->visitor->function(r->visitor->state, f);
  return 1;
}

// Whether the first calls of a file are of functions, or it has none and ends: after a beginning, two calls
// and nothing more are its end. Context: any
static int learn(struct reading *r) {
  struct slv_code code = r->code;
  struct slv_code_call first, second, third;
  if (r->runtime.function != 0 || r->runtime.summary != 0) return 1;
  if (slv_code_next(&code, &first) != SLV_CODE_CALLED ||
      slv_code_next(&code, &second) != SLV_CODE_CALLED)
    return 0;
  int next = slv_code_next(&code, &third);
  if (next == SLV_CODE_REFUSED) return 0;
  if (next == SLV_CODE_RETURNED || third.target == r->runtime.start)
    r->runtime.summary = first.target;
  else r->runtime.function = first.target;
  return 1;
}

// The calls between the beginning of a file and its end. Context: thread
static int read_functions(struct reading *r) {
  struct slv_clang_function f;
  if (!learn(r)) return 0;
  for (;;) {
    if (slv_code_next(&r->code, &r->call) != SLV_CODE_CALLED) return 0;
    uintptr_t target = r->call.target;
    int is_end =
        r->runtime.summary != 0 ? target == r->runtime.summary : target != r->runtime.function;
    if (is_end) break;
    if (!is_function(&r->runtime.function, target) || !take_function(r, &f)) return 0;
    if (slv_code_next(&r->code, &r->call) != SLV_CODE_CALLED || !take_counters(r, &f)) return 0;
  }
  r->runtime.summary = r->call.target;
  return slv_code_next(&r->code, &r->call) == SLV_CODE_CALLED &&
         is_function(&r->runtime.end, r->call.target);
}

// Each of them is another function. Context: any
static int differ(const struct slv_clang_runtime *r) {
  const uintptr_t all[] = {r->init, r->start, r->function, r->arcs, r->summary, r->end};
  for (int i = 0; i < 6; i++)
    for (int j = 0; j < i; j++)
      if (all[i] != 0 && all[i] == all[j]) return 0;
  return 1;
}

// Reads a whole unit. 0: not all of it is known. Context: thread
static int read_unit(struct reading *r) {
  uint32_t steps = FIRST_STEPS;
  int result;
  r->unit->files = 0;
  slv_code_begin(&r->code, r->image->info, r->unit->writeout, steps);
  while ((result = slv_code_next(&r->code, &r->call)) == SLV_CODE_CALLED) {
    if (!begin_file(r)) return 0;
    if (r->unit->files == 1) r->code.steps = UNIT_STEPS;
    if (!read_functions(r)) return 0;
  }
  return result == SLV_CODE_RETURNED && r->unit->files != 0 && differ(&r->runtime);
}

// What a constructor calls: the runtime's llvm_gcov_init, with two functions of the unit. Context: any
static int read_init(struct reading *r, uintptr_t slot) {
  const struct dl_phdr_info *info = r->image->info;
  uintptr_t constructor = slot_value(slot);
  if (!is_code(info, constructor)) return 0;
  slv_code_begin(&r->code, info, constructor, INIT_STEPS);
  if (slv_code_next(&r->code, &r->call) != SLV_CODE_CALLED || (r->call.known & 3) != 3 ||
      !is_code(info, (uintptr_t)r->call.argument[0]) ||
      !is_code(info, (uintptr_t)r->call.argument[1]))
    return 0;
  r->unit->slot = slot;
  r->unit->writeout = (uintptr_t)r->call.argument[0];
  r->unit->reset = (uintptr_t)r->call.argument[1];
  uintptr_t target = r->call.target;
  struct slv_code_call more;
  if (slv_code_next(&r->code, &more) != SLV_CODE_RETURNED) return 0; // it does something else, too
  if (r->image->runtime.init == target) r->image->refused = 1;       // unless it is known
  return is_function(&r->runtime.init, target);
}

// Context: thread
int slv_clang_next(struct slv_clang_image *image, struct slv_clang_unit *unit) {
  while (image->next < image->count) {
    struct reading r = {.image = image, .unit = unit, .runtime = image->runtime};
    int refused = image->refused;
    if (!read_init(&r, image->slots + 8ull * image->next++) || !read_unit(&r)) continue;
    image->refused = refused;
    image->runtime = r.runtime;
    return 1;
  }
  return 0;
}

// Context: thread
void slv_clang_visit(struct slv_clang_image *image, struct slv_clang_unit *unit,
                     const struct slv_clang_visitor *visitor) {
  struct reading r = {.image = image, .unit = unit, .visitor = visitor, .runtime = image->runtime};
  read_unit(&r);
}
