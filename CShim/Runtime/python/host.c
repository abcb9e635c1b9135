// Finding CPython, and the functions of it that we call.
#include "python/host.h"

#include "base/attributes.h"
#include "base/elf_symbols.h"

// Text and no pointers, which the loader would have to relocate in each process.
static const struct {
  char name[38], other[38]; // or none
  char required;
} functions[] = {
#define SLV_PY(result, name, other, arguments) {#name, other, 1},
    SLV_PYTHON_REQUIRED(SLV_PY)
#undef SLV_PY
#define SLV_PY(result, name, other, arguments) {#name, other, 0},
        SLV_PYTHON_OPTIONAL(SLV_PY)
#undef SLV_PY
};
#define FUNCTIONS ((int)(sizeof functions / sizeof functions[0]))

static struct slv_symbols host; // base and dynamic section of the first that was found
static SLV_HOT int found;
static struct slv_python python;
static int looked_up; // 1: `python` is whole

// Context: any
const struct slv_python *slv_python(void) {
  return __atomic_load_n(&looked_up, __ATOMIC_ACQUIRE) ? &python : NULL;
}

// Context: thread
int slv_python_is_host(const struct dl_phdr_info *info) {
  static const char hook[] = "PySys_AddAuditHook"; // since 3.8
  struct slv_symbols symbols = {.looked = 0};
  return slv_symbols_of(info, &symbols) &&
         slv_symbols_find(&symbols, hook, slv_symbols_hash(hook), STT_FUNC) != NULL;
}

// Context: thread
void slv_python_found(const struct dl_phdr_info *info) {
  if (!found) found = slv_symbols_of(info, &host);
}

// Context: thread
static void *function(const char *name) {
  return name[0] == 0 ? NULL : slv_symbols_find(&host, name, slv_symbols_hash(name), STT_FUNC);
}

// Context: thread
static int look_up_all(void) {
  void **table = (void **)(void *)&python;
  for (int i = 0; i < FUNCTIONS; i++) {
    table[i] = function(functions[i].name);
    if (table[i] == NULL) table[i] = function(functions[i].other);
    if (table[i] == NULL && functions[i].required) return 0;
  }
  static const char none[] = "_Py_NoneStruct";
  python.none = slv_symbols_find(&host, none, slv_symbols_hash(none), STT_OBJECT);
  const char *version = python.Py_GetVersion(); // 3.12.1 (main, ...
  if (version == NULL || version[0] != '3' || version[1] != '.') return 0;
  for (const char *c = version + 2; *c >= '0' && *c <= '9'; c++)
    python.minor = python.minor * 10 + (*c - '0');
  return python.minor >= 8 && python.none != NULL;
}

// Context: thread
int slv_python_is_found(void) { return found; }

// Context: thread
const struct slv_python *slv_python_look_up(void) {
  if (!looked_up && !look_up_all()) {
    found = 0;
    return NULL;
  }
  __atomic_store_n(&looked_up, 1, __ATOMIC_RELEASE);
  return &python;
}

// Context: thread
const ElfW(Sym) * slv_python_symbol(const char *name, uintptr_t *address) {
  const ElfW(Sym) *s = slv_symbols_entry(&host, name, slv_symbols_hash(name), STT_OBJECT);
  if (s != NULL) *address = host.base + s->st_value;
  return s;
}

// Context: any
int slv_python_holds(void) {
  void *own = slv_python()->PyGILState_GetThisThreadState();
  return own != NULL && slv_python()->_PyThreadState_UncheckedGet() == own;
}
