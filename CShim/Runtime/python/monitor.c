// The recorder for CPython 3.12 and later: sys.monitoring (PEP 669). One event for each code object that
// starts, the first time; of those that are recorded, one for each line, the first time. After that the
// code runs as if nobody looked. Code whose lines all ran, in whichever process, is not asked for lines:
// an event that is disabled leaves traces (3.12 has lost the joined instruction that the line began with),
// and one that does not come, for a jump within its line, is never disabled.
#include "python/enter.h"
#include "python/recorder.h"

#define TOOL "salvage"

struct interpreter {
  slv_py *monitoring, *disable;
  long tool, line_event, branch_events; // the latter: 0 before 3.14
};

static const struct slv_python *python;
static struct interpreter interpreters[SLV_PYTHON_INTERPRETERS];

// Context: thread
static struct interpreter *interpreter_of(slv_py *self) {
  return &interpreters[(unsigned long)python->PyLong_AsLong(self) % SLV_PYTHON_INTERPRETERS];
}

// Context: thread
static slv_py *disabled(const struct interpreter *i) {
  python->Py_IncRef(i->disable);
  return i->disable;
}

// Asks that code for what nobody saw of it yet; `asked` is whether it was before. Context: thread
static void ask(const struct interpreter *i, slv_py *code, void *extra, int asked) {
  const struct slv_python_view *view = slv_python_view_of(extra);
  long events = slv_python_code_waits(code, extra) ? i->line_event : 0;
  if (i->branch_events != 0 && slv_python_branches_wait(extra, view)) events |= i->branch_events;
  if (events == 0 && !asked) return;
  slv_py *result =
      python->PyObject_CallMethod(i->monitoring, "set_local_events", "lOl", i->tool, code, events);
  if (result != NULL) python->Py_DecRef(result);
  else python->PyErr_Clear();
}

// A code object runs for the first time: (code, offset). Context: thread
static slv_py *on_start(slv_py *self, slv_py *const *arguments, slv_word count) {
  struct interpreter *i = interpreter_of(self);
  if (count < 1) return disabled(i);
  void *extra = slv_python_code_extra(arguments[0]);
  if (extra == NULL) extra = slv_python_code_register(arguments[0]);
  struct slv_python_view *view = slv_python_view_of(extra);
  if (view == NULL) return disabled(i);
  slv_python_entered(extra, view);
  ask(i, arguments[0], extra, 0);
  return disabled(i);
}

// A line runs for the first time: (code, line). Context: thread
static slv_py *on_line(slv_py *self, slv_py *const *arguments, slv_word count) {
  struct interpreter *i = interpreter_of(self);
  if (count < 2) return disabled(i);
  void *extra = slv_python_code_extra(arguments[0]);
  struct slv_python_view *view = slv_python_view_of(extra);
  if (view == NULL) return disabled(i);
  long line = python->PyLong_AsLong(arguments[1]);
  slv_python_hit(view, line);
  if (slv_python_waited_for(extra, line)) ask(i, arguments[0], extra, 1);
  return disabled(i);
}

// Code goes one way at a branch for the first time: (code, offset, destination). Context: thread
static slv_py *on_branch(slv_py *self, slv_py *const *arguments, slv_word count, int way) {
  struct interpreter *i = interpreter_of(self);
  void *extra = count >= 2 ? slv_python_code_extra(arguments[0]) : NULL;
  struct slv_python_view *view = slv_python_view_of(extra);
  if (view == NULL) return disabled(i);
  slv_python_branch_taken(extra, view, python->PyLong_AsLong(arguments[1]), way);
  if (!slv_python_branches_wait(extra, view)) ask(i, arguments[0], extra, 1);
  return disabled(i);
}

// Context: thread
static slv_py *on_left(slv_py *self, slv_py *const *arguments, slv_word count) {
  return on_branch(self, arguments, count, 0);
}

// Context: thread
static slv_py *on_right(slv_py *self, slv_py *const *arguments, slv_word count) {
  return on_branch(self, arguments, count, 1);
}

// Context: thread
static slv_py *attribute(slv_py *object, const char *name) {
  slv_py *value = object != NULL ? python->PyObject_GetAttrString(object, name) : NULL;
  if (value == NULL) python->PyErr_Clear();
  return value;
}

// The number of an event. Context: thread
static long event(slv_py *events, const char *name) {
  slv_py *value = attribute(events, name);
  long n = value != NULL ? python->PyLong_AsLong(value) : 0;
  if (value != NULL) python->Py_DecRef(value);
  return n;
}

// Context: thread
static int did(slv_py *result) {
  if (result == NULL) {
    python->PyErr_Clear();
    return 0;
  }
  python->Py_DecRef(result);
  return 1;
}

// Not those of debuggers (0), coverage.py (1) and profilers (2). First that of optimizers, of which none
// is known; tests and tools take 3 and 4.
// Context: thread
static int take_tool(struct interpreter *i) {
  for (i->tool = 5; i->tool >= 3; i->tool--)
    if (did(python->PyObject_CallMethod(i->monitoring, "use_tool_id", "ls", i->tool, TOOL)))
      return 1;
  return 0;
}

// Context: thread
static int listen_to(struct interpreter *i, long event, struct slv_py_method *method) {
  slv_py *self = python->PyLong_FromLong(i - interpreters);
  slv_py *function = self != NULL ? python->PyCFunction_NewEx(method, self, NULL) : NULL;
  if (self != NULL) python->Py_DecRef(self);
  if (function == NULL) {
    python->PyErr_Clear();
    return 0;
  }
  slv_py *old = python->PyObject_CallMethod(i->monitoring, "register_callback", "llO", i->tool,
                                            event, function);
  python->Py_DecRef(function);
  return did(old);
}

// Context: thread
void slv_python_monitor(const struct slv_python *table, int number) {
  static struct slv_py_method start = {"start", (void *)on_start, SLV_PY_FASTCALL, NULL};
  static struct slv_py_method line = {"line", (void *)on_line, SLV_PY_FASTCALL, NULL};
  static struct slv_py_method left = {"left", (void *)on_left, SLV_PY_FASTCALL, NULL};
  static struct slv_py_method right = {"right", (void *)on_right, SLV_PY_FASTCALL, NULL};
  python = table;
  struct interpreter *i = &interpreters[number];
  i->monitoring = python->PySys_GetObject("monitoring"); // borrowed; lives as long as sys does
  i->disable = attribute(i->monitoring, "DISABLE");
  slv_py *events = attribute(i->monitoring, "events");
  long started = event(events, "PY_START");
  i->line_event = event(events, "LINE");
  long lefts = python->minor >= 14 ? event(events, "BRANCH_LEFT") : 0;
  long rights = python->minor >= 14 ? event(events, "BRANCH_RIGHT") : 0;
  if (events != NULL) python->Py_DecRef(events);
  if (i->disable == NULL || started <= 0 || i->line_event <= 0 || !take_tool(i)) return;
  python->Py_IncRef(i->monitoring);
  i->branch_events = 0;
  if (lefts > 0 && rights > 0 && listen_to(i, lefts, &left) && listen_to(i, rights, &right))
    i->branch_events = lefts | rights;
  if (listen_to(i, started, &start) && listen_to(i, i->line_event, &line))
    did(python->PyObject_CallMethod(i->monitoring, "set_events", "ll", i->tool, started));
}
