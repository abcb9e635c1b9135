// Where coverage.py measures in a process: it is made to save when the process ends (python/coveragepy_death.c),
// and what the process starts is measured too.
//
// coverage.py is found when an extension is loaded (its own, or sqlite's) and it is in sys.modules. Then
// guard.py is run, and the audit hook comes back. It sees that a trace function or a monitoring callback
// is set, and from then on the life has something that only code can save.
// A process that measures writes its configuration to `u<uid>/coverage-<life>` and its life into its
// cell, which cells that it announces inherit: so its children know whose file to read.
#include "python/coveragepy.h"

#include "python/audit_hook.h"
#include "python/coveragepy_death.h"
#include "python/recorder.h"
#include "signals/signals.h"

#define LAST_MINOR \
  13 // in 3.14 a thread that saves meets an interpreter that it can't use, and it crashes

extern const char slv_guard_text[]
    __attribute__((visibility("hidden"))); // python/coveragepy_text.S

static SLV_HOT slv_py *names; // guard.py's; NULL until coverage.py is there
static int listening;         // the audit hook's events are for us
static int inside;            // code of guard.py runs: its own events are not looked at
static int measuring;         // coverage.py has begun
static int forked;            // by code that is not Python's: the interpreter does not know
static int due;               // events at which to try once more to publish
static int begun;             // it was decided whether to measure this process as its parent
static void *main_state;      // the main interpreter

// Context: any
static const struct slv_python *py(void) { return slv_python(); }

// guard.py's function `name`, called with the arguments of that format. NULL when it failed; CALL leaves
// nothing of that behind. Context: thread
#define CALL_OR_FAIL(name, ...) \
  py()->PyObject_CallMethod(py()->PyDict_GetItemString(names, name), "__call__", __VA_ARGS__)
#define CALL(name, ...)                                   \
  ({                                                      \
    slv_py *slv_result = CALL_OR_FAIL(name, __VA_ARGS__); \
    if (slv_result == NULL) py()->PyErr_Clear();          \
    slv_result;                                           \
  })

// Context: thread
static int number_of(slv_py *result) {
  if (result == NULL) return 2;
  int number = (int)py()->PyLong_AsLong(result);
  py()->Py_DecRef(result);
  return number;
}

// Context: thread
static int save(int waits) {
  slv_py *type, *value, *trace;
  py()->PyErr_Fetch(&type, &value, &trace);
  int was = __atomic_exchange_n(&inside, 1, __ATOMIC_RELAXED);
  int result = number_of(CALL("save", "i", waits));
  __atomic_store_n(&inside, was, __ATOMIC_RELAXED);
  py()->PyErr_Restore(type, value, trace);
  return result;
}

// Context: any
static int is_ready(void) {
  return __atomic_load_n(&measuring, __ATOMIC_ACQUIRE) && !forked && py()->Py_IsInitialized() &&
         !py()->Py_IsFinalizing();
}

// Context: any
void slv_python_guard_fork_child(void) {
  if (names == NULL) return;
  if (measuring) __atomic_fetch_or(&slv_process.cell->flags, SLV_FLAG_COVERAGE, __ATOMIC_RELAXED);
  forked = 1;
  slv_python_death_fork_child();
}

// Of guard.py, in the child of a fork that Python made. Context: thread
static slv_py *interpreter_is_back(slv_py *self, slv_py *const *arguments, slv_word count) {
  (void)self;
  (void)arguments;
  (void)count;
  forked = 0;
  return py()->PyLong_FromLong(0);
}

// Context: thread
static void set(slv_py *dictionary, const char *name, slv_py *value) {
  slv_py *done = value == NULL
                     ? NULL
                     : py()->PyObject_CallMethod(dictionary, "__setitem__", "sO", name, value);
  if (done != NULL) py()->Py_DecRef(done);
}

// Runs guard.py. Context: thread
static slv_py *run_text(void) {
  static struct slv_py_method back = {"is_back", (void *)interpreter_is_back, SLV_PY_FASTCALL, ""};
  slv_py *modules = py()->PySys_GetObject("modules");
  slv_py *builtins = modules != NULL ? py()->PyDict_GetItemString(modules, "builtins") : NULL;
  if (builtins == NULL) return NULL;
  slv_py *space = py()->PyObject_CallMethod(builtins, "dict", NULL);
  slv_py *code =
      py()->PyObject_CallMethod(builtins, "compile", "sss", slv_guard_text, "<salvage>", "exec");
  if (space == NULL || code == NULL) return NULL;
  slv_py *home = py()->PyObject_CallMethod(builtins, "str", "s", slv_process.home);
  slv_py *function = py()->PyCFunction_NewEx(&back, NULL, NULL);
  set(space, "HOME", home);
  set(space, "INTERPRETER_IS_BACK", function);
  slv_py *done = py()->PyObject_CallMethod(builtins, "exec", "OO", code, space);
  return done != NULL ? space : NULL; // what was made lives as long as the process
}

static const struct slv_python_saver saver = {.save = save, .is_ready = is_ready};

// coverage.py is being imported. Context: thread
static void prepare(void) {
  slv_py *type, *value, *trace;
  py()->PyErr_Fetch(&type, &value, &trace);
  slv_py *space = run_text();
  py()->PyErr_Clear();
  py()->PyErr_Restore(type, value, trace);
  slv_python_death_prepare(&saver);
  __atomic_store_n(&names, space, __ATOMIC_RELEASE);
}

// Context: thread
static void measure(void) {
  if (!measuring) {
    __atomic_fetch_or(&slv_process.cell->flags, SLV_FLAG_COVERAGE, __ATOMIC_RELAXED);
    __atomic_store_n(&measuring, 1, __ATOMIC_RELEASE);
    slv_saver_register(slv_python_death);
  }
  due = 1000;
}

// 16 hex digits and a NUL. Context: thread
static void life_text(char text[17], uint64_t life) {
  char *end = slv_hex(text, life, 16);
  *end = 0;
}

// Context: thread
static void publish(void) {
  char life[17];
  due--;
  life_text(life, slv_process.cell->life);
  slv_py *type, *value, *trace;
  py()->PyErr_Fetch(&type, &value, &trace);
  if (number_of(CALL("publish", "s", life)) == 1) {
    due = 0;
    slv_process.cell->coverage = slv_process.cell->life;
  }
  py()->PyErr_Restore(type, value, trace);
}

// A program is about to run: as its parent was measured, so is it. begin() of guard.py answers 0 where
// it is not, 1, 2 for a fork server. Context: thread
static void begin(slv_py *arguments) {
  char path[sizeof slv_process.home + 32], life[17];
  uint64_t parent = slv_process.cell->coverage;
  if (begun || parent == 0) return;
  begun = 1;
  life_text(life, parent);
  char *end = slv_text(path, path + sizeof path, slv_process.home);
  end = slv_text(end, path + sizeof path, "/coverage-");
  slv_text(end, path + sizeof path, life);
  if (slv_sys_faccessat(AT_FDCWD, path, R_OK) != 0) return;
  if (names == NULL) prepare();
  if (names == NULL) return;
  slv_py *command = py()->PyTuple_Size(arguments) > 0 ? py()->PyTuple_GetItem(arguments, 0)
                                                      : py()->PySys_GetObject("modules");
  int begins = number_of(CALL("begin", "sO", path, command));
  if (begins == 0) return;
  measure();
  // A server that forks, and has nothing to save itself.
  if (begins == 2)
    __atomic_fetch_and(&slv_process.cell->flags, ~(SLV_FLAG_PRIVATE | SLV_FLAG_COVERAGE),
                       __ATOMIC_RELAXED);
}

// Context: thread
static void listen(void) {
  listening = 1;
  slv_audit_hook_watch();
}

// Context: thread
void slv_python_guard_enter(void) {
  if (slv_process.cell->coverage != 0 && py()->minor <= LAST_MINOR) listen();
}

// Context: thread
void slv_python_guard_import(void) {
  if (names != NULL || forked || py() == NULL || py()->minor > LAST_MINOR ||
      !py()->Py_IsInitialized() || !slv_python_holds())
    return;
  slv_py *modules = py()->PySys_GetObject("modules");
  if (modules == NULL || py()->PyDict_GetItemString(modules, "coverage") == NULL) return;
  inside = 1;
  prepare();
  inside = 0;
  if (names != NULL) listen();
}

// A file is about to be removed. Context: thread
static int spare(slv_py *arguments) {
  slv_py *path = py()->PyTuple_Size(arguments) > 0 ? py()->PyTuple_GetItem(arguments, 0) : NULL;
  slv_py *done = path != NULL ? CALL_OR_FAIL("spare", "(O)", path) : NULL;
  if (done != NULL) py()->Py_DecRef(done);
  return path != NULL && done == NULL ? -1 : 0;
}

// Context: thread
int slv_python_guard_event(const char *event, slv_py *arguments) {
  int result = 0;
  if (!listening || __atomic_load_n(&inside, __ATOMIC_RELAXED) || forked) return 0;
  void *here = py()->PyInterpreterState_Get();
  if (main_state == NULL && py()->PyInterpreterState_GetID(here) == 0) main_state = here;
  if (here != main_state) return 0;
  inside = 1;
  int starts = event[0] == 's' && (slv_same(event, "sys.settrace") ||
                                   slv_same(event, "sys.monitoring.register_callback"));
  if (event[0] == 's' && slv_same(event, "sys.settrace")) slv_python_trace_changes();
  if (names != NULL && starts) measure();
  else if (names != NULL && due > 0) publish();
  if (event[0] == 'c' && slv_starts(event, "cpython.run_")) begin(arguments);
  if (names != NULL && measuring && event[0] == 'o' && slv_same(event, "os.remove"))
    result = spare(arguments);
  inside = 0;
  return result;
}
