// Our audit hook (PEP 578) in the interpreter's list. It is set before main, before the interpreter exists: no
// variable, no file on its path, no module is needed, so -I, -E, -S, zipapps and embedding programs are all
// the same. Each event costs an interpreter that has a hook a call and a tuple (measured: copy.deepcopy takes
// 1.3 times as long, for it asks for ids), so the hook leaves the list when it has nothing to wait for.
#include "python/audit_hook.h"

// The list of hooks has no function to leave it. Its head is the one word of the runtime's state that
// holds the entry which was made for us.
struct hook_entry {
  struct hook_entry *next;
  slv_py_audit *hook;
  void *state;
};
static struct hook_entry *our_entry, **list;
static int linked;  // our entry is in the list
static int watched; // more interpreters may come

static struct slv_py_allocator raw;

// Notes where the interpreter's allocator put the entry. Context: thread
static void *note_entry(void *unused, size_t size) {
  (void)unused;
  our_entry = raw.malloc(raw.context, size);
  return our_entry;
}

// Context: thread
static void find_list(slv_py_audit *hook) {
  uintptr_t at;
  const ElfW(Sym) *s = slv_python_symbol("_PyRuntime", &at);
  if (s == NULL || our_entry == NULL || our_entry->hook != hook) return;
  struct hook_entry **words = (struct hook_entry **)at;
  for (size_t i = 0; i < s->st_size / sizeof *words && list == NULL; i++)
    if (words[i] == our_entry) list = &words[i];
}

// Adds our hook, before the runtime is initialised: the allocator may be replaced then. Context: thread
static void add(slv_py_audit *hook) {
  enum { PYMEM_DOMAIN_RAW };
  slv_python()->PyMem_GetAllocator(PYMEM_DOMAIN_RAW, &raw);
  struct slv_py_allocator noting = raw;
  noting.malloc = note_entry;
  slv_python()->PyMem_SetAllocator(PYMEM_DOMAIN_RAW, &noting);
  linked = slv_python()->PySys_AddAuditHook(hook, NULL) == 0;
  slv_python()->PyMem_SetAllocator(PYMEM_DOMAIN_RAW, &raw);
  if (linked) find_list(hook);
}

// The entry stays as it is: the interpreter may be walking over it. Context: thread
void slv_audit_hook_leave(void) {
  if (list == NULL || !linked || *list != our_entry) return;
  __atomic_store_n(list, our_entry->next, __ATOMIC_RELEASE);
  __atomic_store_n(&linked, 0, __ATOMIC_RELEASE);
}

// Context: thread
static void link_again(void) {
  if (list == NULL || linked) return;
  our_entry->next = *list;
  __atomic_store_n(list, our_entry, __ATOMIC_RELEASE);
  __atomic_store_n(&linked, 1, __ATOMIC_RELEASE);
}

// Context: thread
int slv_audit_hook_is_set(void) { return __atomic_load_n(&linked, __ATOMIC_ACQUIRE); }

// Context: thread
void slv_audit_hook_set(slv_py_audit *hook) {
  if (our_entry == NULL) add(hook);
  else link_again();
}

// Context: thread
void slv_audit_hook_watch(void) {
  watched = 1;
  link_again();
}

// Context: thread
int slv_audit_hook_watches(void) { return watched; }
