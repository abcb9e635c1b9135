// The moments at which something is done in an interpreter: the audit hook acts at the first event of one that
// is ready, the import of `site`, before any code of a user. Then it leaves the list.
#include "python/moments.h"

#include "process/process.h"
#include "python/audit_hook.h"
#include "python/coveragepy.h"
#include "python/enter.h"

// Interpreters that are entered, by their ids. An id is looked at and entered by a thread that runs in
// that interpreter and holds its lock.
static int64_t entered[SLV_PYTHON_INTERPRETERS]; // id + 1; 0 free
static void *last;                               // the interpreter of the last event

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
  slv_py *modules = slv_python()->PySys_GetObject("modules");
  return modules != NULL && slv_python()->PyDict_GetItemString(modules, "__main__") != NULL;
}

// Before the runtime is initialised there may be no thread state to ask for (3.8). Context: thread
static int at_event(const char *event, slv_py *arguments, void *state) {
  (void)state;
  int own = event[0] == 'c' && slv_starts(event, "cpython.");
  // Before it frees the entries, with an allocator that may not be the one that made ours (-X dev).
  if (own && slv_same(event, "cpython._PySys_ClearAuditHooks")) slv_audit_hook_leave();
  if (!slv_python()->Py_IsInitialized() || !slv_process.active) return 0;
  void *interpreter = slv_python()->PyInterpreterState_Get();
  if (own && slv_same(event, "cpython.PyInterpreterState_Clear"))
    leaves(slv_python()->PyInterpreterState_GetID(interpreter));
  if (slv_python()->Py_IsFinalizing()) return 0;
  if (__atomic_load_n(&last, __ATOMIC_RELAXED) == interpreter)
    return slv_python_guard_event(event, arguments);
  if (!is_ready()) return 0;
  __atomic_store_n(&last, interpreter, __ATOMIC_RELAXED);
  int number = enters(slv_python()->PyInterpreterState_GetID(interpreter));
  if (number >= 0) slv_python_enter(slv_python(), number);
  if (!slv_audit_hook_watches() && !is_embedded()) slv_audit_hook_leave();
  return 0;
}

// The module by which Python code makes interpreters is an extension, in every version. Context: thread
void slv_python_loads(const char *file) {
  const char *name = file != NULL ? slv_basename(file) : "";
  if (name[0] != '_' || slv_audit_hook_watches() || slv_python() == NULL) return;
  if (slv_starts(name, "_interpreters.") || slv_starts(name, "_xxsubinterpreters."))
    slv_audit_hook_watch();
}

// Context: thread
void slv_python_start(void) {
  if (!slv_python_is_found() || slv_audit_hook_is_set() ||
      (slv_process.settings & SLV_SETTING_NO_PYTHON))
    return;
  const struct slv_python *python = slv_python_look_up();
  if (python == NULL || python->Py_IsInitialized()) return; // it is none, or it runs
  forget_all();
  slv_audit_hook_set(at_event);
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
  if (slv_audit_hook_is_set()) return;
  if (!slv_python_is_found()) dl_iterate_phdr(find_host, (void *)(uintptr_t)caller);
  slv_python_start();
}
