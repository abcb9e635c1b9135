// Finding CPython and being told when its interpreters can run code.
//
// An audit hook (PEP 578) is set before main, before the interpreter exists: no variable, no file on
// its path, no module is needed, so -I, -E, -S, zipapps and embedding programs are all the same. The
// hook acts at the first event of an interpreter that is ready: the import of `site`, before any code
// of a user. Then it leaves the list: each event costs an interpreter that has a hook a call and a tuple
// (measured: copy.deepcopy takes 1.3 times as long, for it asks for ids).
#include "python_host.h"

#include "python_guard.h"
#include "symbols.h"

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
static int linked;    // our audit hook is in the list

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
static int look_up(void) {
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

// The list of hooks has no function to leave it. Its head is the one word of the runtime's state that
// holds the entry which was made for us.
struct hook_entry {
  struct hook_entry *next;
  slv_py_audit *hook;
  void *state;
};
static struct hook_entry *our_entry, **list;
static int at_event(const char *event, slv_py *arguments, void *state);

// Notes where the interpreter's allocator put the entry. Context: thread
static struct slv_py_allocator raw;
static void *note_entry(void *unused, size_t size) {
  (void)unused;
  our_entry = raw.malloc(raw.context, size);
  return our_entry;
}

// Context: thread
static void find_list(void) {
  static const char name[] = "_PyRuntime";
  const ElfW(Sym) *s = slv_symbols_entry(&host, name, slv_symbols_hash(name), STT_OBJECT);
  if (s == NULL || our_entry == NULL || our_entry->hook != at_event) return;
  struct hook_entry **words = (struct hook_entry **)(host.base + s->st_value);
  for (size_t i = 0; i < s->st_size / sizeof *words && list == NULL; i++)
    if (words[i] == our_entry) list = &words[i];
}

// Adds our hook, before the runtime is initialised: the allocator may be replaced then. Context: thread
static void add_hook(void) {
  enum { PYMEM_DOMAIN_RAW };
  python.PyMem_GetAllocator(PYMEM_DOMAIN_RAW, &raw);
  struct slv_py_allocator noting = raw;
  noting.malloc = note_entry;
  python.PyMem_SetAllocator(PYMEM_DOMAIN_RAW, &noting);
  linked = python.PySys_AddAuditHook(at_event, NULL) == 0;
  python.PyMem_SetAllocator(PYMEM_DOMAIN_RAW, &raw);
  if (linked) find_list();
}

// The entry stays as it is: the interpreter may be walking over it. Context: thread
static void unlink_hook(void) {
  if (list == NULL || !linked || *list != our_entry) return;
  __atomic_store_n(list, our_entry->next, __ATOMIC_RELEASE);
  __atomic_store_n(&linked, 0, __ATOMIC_RELEASE);
}

// Context: thread
static void link_hook(void) {
  if (list == NULL || linked) return;
  our_entry->next = *list;
  __atomic_store_n(list, our_entry, __ATOMIC_RELEASE);
  __atomic_store_n(&linked, 1, __ATOMIC_RELEASE);
}

// Interpreters that are entered, by their ids. An id is looked at and entered by a thread that runs in
// that interpreter and holds its lock.
static int64_t entered[SLV_PYTHON_INTERPRETERS]; // id + 1; 0 free
static void *last;                               // the interpreter of the last event
static int watched;                              // more interpreters may come

// A number for it the first time, else -1. Context: thread
static int enters(int64_t id) {
  for (int i = 0; i < SLV_PYTHON_INTERPRETERS; i++)
    if (__atomic_load_n(&entered[i], __ATOMIC_RELAXED) == id + 1) return -1;
  for (int i = 0; i < SLV_PYTHON_INTERPRETERS; i++) {
    int64_t none = 0;
    if (__atomic_compare_exchange_n(&entered[i], &none, id + 1, 0, __ATOMIC_ACQ_REL,
                                    __ATOMIC_RELAXED))
      return i;
  }
  return -1;
}

// Context: thread
static void leaves(int64_t id) {
  for (int i = 0; i < SLV_PYTHON_INTERPRETERS; i++) {
    int64_t us = id + 1;
    __atomic_compare_exchange_n(&entered[i], &us, 0, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
  }
  __atomic_store_n(&last, NULL, __ATOMIC_RELAXED);
}

// A new runtime: none of the old interpreters is left. Context: thread
static void forget_all(void) {
  for (int i = 0; i < SLV_PYTHON_INTERPRETERS; i++)
    __atomic_store_n(&entered[i], 0, __ATOMIC_RELAXED);
  __atomic_store_n(&last, NULL, __ATOMIC_RELAXED);
}

// A program that embeds CPython may make more interpreters at any time. Context: thread
static int is_embedded(void) {
  char path[SLV_PATH_MAX];
  slv_word n = slv_sys_readlinkat(AT_FDCWD, "/proc/self/exe", path, sizeof path - 1);
  path[n > 0 ? n : 0] = 0;
  return !slv_starts(slv_basename(path), "python");
}

// True when sys, builtins and __main__ of the interpreter are made. Context: thread
static int is_ready(void) {
  slv_py *modules = python.PySys_GetObject("modules");
  return modules != NULL && python.PyDict_GetItemString(modules, "__main__") != NULL;
}

// Before the runtime is initialised there may be no thread state to ask for (3.8). Context: thread
static int at_event(const char *event, slv_py *arguments, void *state) {
  (void)state;
  int own = event[0] == 'c' && slv_starts(event, "cpython.");
  // Before it frees the entries, with an allocator that may not be the one that made ours (-X dev).
  if (own && slv_same(event, "cpython._PySys_ClearAuditHooks")) unlink_hook();
  if (!python.Py_IsInitialized() || !slv_process.active) return 0;
  void *interpreter = python.PyInterpreterState_Get();
  if (own && slv_same(event, "cpython.PyInterpreterState_Clear"))
    leaves(python.PyInterpreterState_GetID(interpreter));
  if (python.Py_IsFinalizing()) return 0;
  if (__atomic_load_n(&last, __ATOMIC_RELAXED) == interpreter) {
    slv_python_guard_event(event, arguments);
    return 0;
  }
  if (!is_ready()) return 0;
  __atomic_store_n(&last, interpreter, __ATOMIC_RELAXED);
  int number = enters(python.PyInterpreterState_GetID(interpreter));
  if (number >= 0) slv_python_enter(&python, number);
  if (!watched && !is_embedded()) unlink_hook();
  return 0;
}

// Context: thread
void slv_python_watch(void) {
  watched = 1;
  link_hook();
}

// The module by which Python code makes interpreters is an extension, in every version. Context: thread
void slv_python_loads(const char *file) {
  const char *name = file != NULL ? slv_basename(file) : "";
  if (name[0] != '_' || watched || slv_python() == NULL) return;
  if (slv_starts(name, "_interpreters.") || slv_starts(name, "_xxsubinterpreters."))
    slv_python_watch();
}

// Context: thread
void slv_python_start(void) {
  if (!found || linked || (slv_process.settings & SLV_SETTING_NO_PYTHON)) return;
  if (!looked_up) {
    if (!look_up()) {
      found = 0;
      return;
    }
    __atomic_store_n(&looked_up, 1, __ATOMIC_RELEASE);
  }
  if (python.Py_IsInitialized()) return; // it runs
  forget_all();
  if (our_entry == NULL) add_hook();
  else link_hook();
}

// Context: thread
static int find_host(struct dl_phdr_info *info, size_t size, void *address) {
  (void)size;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *p = &info->dlpi_phdr[i];
    if (p->p_type != PT_LOAD || (uintptr_t)address - info->dlpi_addr - p->p_vaddr >= p->p_memsz)
      continue;
    if (slv_python_is_host(info)) slv_python_found(info);
    return 1;
  }
  return 0;
}

// Context: thread
void slv_python_reads_environment(const void *caller) {
  if (!slv_process.active || slv_process.sandboxed || slv_is_vfork_child()) return;
  if (__atomic_load_n(&linked, __ATOMIC_ACQUIRE)) return;
  if (!found) dl_iterate_phdr(find_host, (void *)(uintptr_t)caller);
  slv_python_start();
}
