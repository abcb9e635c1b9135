// The recorder for CPython 3.8 to 3.11: a trace function (PyEval_SetTrace). It has no object, so that
// sys.gettrace() is None. Whoever sets another one has the slot: coverage.py, a debugger; when a program
// gives it up by sys.settrace(None), it is ours again.
#include "python/recorder.h"

#define METH_O 0x0008

enum { EVENT_CALL = 0, EVENT_LINE = 2 }; // PyTrace_CALL, PyTrace_LINE

// Code objects that are not recorded; their view is none, as that of NULL. The second is Thread.start().
#define EXCLUDED ((void *)(uintptr_t)1)
#define THREAD_START ((void *)(uintptr_t)2)

static const struct slv_python *python;
static slv_py *original, *threads; // sys.settrace; what stands in threading._trace_hook
static int changing;               // the change of the trace function is ours
static size_t code_offset; // of f_code in a frame, in words; 0: not known, or PyFrame_GetCode

// The frame of the last event and its view. A frame that is made begins with a call event.
static slv_py *last_frame;
static struct slv_python_view *last_view;

// Finds where a frame has its code, where there is no function for that (3.8). Context: thread
static void find_code(slv_py *frame) {
  slv_py *code = python->PyObject_GetAttrString(frame, "f_code");
  slv_py **words = (slv_py **)(void *)frame;
  for (size_t i = 2; code != NULL && i < 8 && code_offset == 0; i++)
    if (words[i] == code) code_offset = i;
  if (code != NULL) python->Py_DecRef(code);
  else python->PyErr_Clear();
}

// Borrowed; a frame keeps its code. Context: thread
static slv_py *code_of(slv_py *frame) {
  if (python->PyFrame_GetCode == NULL) {
    if (code_offset == 0) find_code(frame);
    return code_offset != 0 ? ((slv_py **)(void *)frame)[code_offset] : NULL;
  }
  slv_py *code = python->PyFrame_GetCode(frame);
  if (code != NULL) python->Py_DecRef(code);
  return code;
}

// Threads of the threading module ask it for a trace function when they begin. Context: thread
static void reach_threads(void) {
  slv_py *modules = python->PySys_GetObject("modules");
  slv_py *module = modules != NULL ? python->PyDict_GetItemString(modules, "threading") : NULL;
  slv_py *hook = module != NULL ? python->PyObject_GetAttrString(module, "_trace_hook") : NULL;
  if (hook != NULL && hook == python->none) {
    if (python->PyObject_SetAttrString(module, "_trace_hook", threads) != 0) python->PyErr_Clear();
  }
  if (hook != NULL) python->Py_DecRef(hook);
  else python->PyErr_Clear();
}

// Thread.start() is about to start the first one. Context: thread
static int starts_threads(slv_py *code) {
  slv_py *name = python->PyObject_GetAttrString(code, "co_name");
  slv_py *file = python->PyObject_GetAttrString(code, "co_filename");
  const char *n = name != NULL ? python->PyUnicode_AsUTF8AndSize(name, NULL) : NULL;
  const char *f = file != NULL ? python->PyUnicode_AsUTF8AndSize(file, NULL) : NULL;
  int starts =
      n != NULL && f != NULL && slv_same(n, "start") && slv_same(slv_basename(f), "threading.py");
  if (name != NULL) python->Py_DecRef(name);
  if (file != NULL) python->Py_DecRef(file);
  if (n == NULL || f == NULL) python->PyErr_Clear();
  return starts;
}

// Looks at a code object that is new here. Context: thread
static void *meet(slv_py *code) {
  void *extra = slv_python_code_register(code);
  if (extra != NULL) return extra;
  extra = starts_threads(code) ? THREAD_START : EXCLUDED;
  slv_python_code_exclude(code, extra);
  return extra;
}

// Context: thread
static int on_event(slv_py *unused, slv_py *frame, int event, slv_py *argument) {
  (void)unused;
  (void)argument;
  if (event != EVENT_LINE && event != EVENT_CALL) return 0;
  if (event == EVENT_CALL || frame != last_frame) {
    slv_py *code = code_of(frame);
    void *extra = code != NULL ? slv_python_code_extra(code) : EXCLUDED;
    if (extra == NULL) extra = meet(code);
    last_view = slv_python_view_of(extra);
    last_frame = frame;
    if (event == EVENT_CALL && last_view != NULL) slv_python_entered(extra, last_view);
    // Each time: threading.settrace(None) has taken our function away.
    if (event == EVENT_CALL && extra == THREAD_START) reach_threads();
  }
  if (event == EVENT_LINE && last_view != NULL)
    slv_python_hit(last_view, python->PyFrame_GetLineNumber(frame));
  return 0;
}

// Stands in for sys.settrace. Context: thread
static slv_py *settrace(slv_py *self, slv_py *function) {
  (void)self;
  slv_py *result = NULL;
  if (function == threads) {
    python->Py_IncRef(python->none);
    result = python->none;
  } else {
    result = python->PyObject_CallFunctionObjArgs(original, function, NULL);
  }
  if (result != NULL && (function == threads || function == python->none)) {
    last_frame = NULL;
    python->PyEval_SetTrace(on_event, NULL);
  }
  return result;
}

// What threading asks sys.settrace for. Called only where sys.settrace is not ours any more: (frame,
// event, argument). Context: thread
static slv_py *trace_thread(slv_py *self, slv_py *const *arguments, slv_word count) {
  (void)self;
  (void)arguments;
  (void)count;
  last_frame = NULL;
  python->PyEval_SetTrace(on_event, NULL);
  python->Py_IncRef(python->none);
  return python->none;
}

// In the main thread, at a place where Python code may run: nobody traces it any more, so we do.
// Context: thread
static int come_back(void *unused) {
  (void)unused;
  slv_py *get = python->PySys_GetObject("gettrace");
  slv_py *now = get != NULL ? python->PyObject_CallFunctionObjArgs(get, NULL) : NULL;
  if (now == NULL) python->PyErr_Clear();
  else python->Py_DecRef(now);
  if (now != python->none) return 0;
  last_frame = NULL;
  changing = 1;
  python->PyEval_SetTrace(on_event, NULL);
  changing = 0;
  return 0;
}

// An attribute of a borrowed object, which is held by that object; NULL without one. Context: thread
static slv_py *borrowed(slv_py *object, const char *name) {
  slv_py *value = object != NULL ? python->PyObject_GetAttrString(object, name) : NULL;
  if (value != NULL) python->Py_DecRef(value);
  else python->PyErr_Clear();
  return value;
}

// 3.8 takes no pending calls from where Py_FinalizeEx has waited for the threads, and writes to stderr who
// asks for one; it runs the functions of atexit after that. No function of it tells: but it waits by
// threading._shutdown, and whoever traces has threading. Context: thread
static int takes_pending_calls(void) {
  if (python->minor > 8) return 1;
  slv_py *modules = python->PySys_GetObject("modules");
  slv_py *threading = modules != NULL ? python->PyDict_GetItemString(modules, "threading") : NULL;
  slv_py *stopped = borrowed(borrowed(threading, "_main_thread"), "_is_stopped");
  return stopped == NULL || python->PyLong_AsLong(stopped) == 0;
}

// coverage.py's tracer leaves by PyEval_SetTrace, which tells nobody but audit hooks, and before it acts.
// Context: thread
void slv_python_trace_changes(void) {
  if (python != NULL && !changing && takes_pending_calls())
    python->Py_AddPendingCall(come_back, NULL);
}

// The documentation that sys.settrace has. Context: thread
static const char *documentation(void) {
  static char text[1024];
  slv_py *value = python->PyObject_GetAttrString(original, "__doc__");
  const char *from = value != NULL ? python->PyUnicode_AsUTF8AndSize(value, NULL) : NULL;
  if (from != NULL) slv_text(text, text + sizeof text, from);
  else python->PyErr_Clear();
  if (value != NULL) python->Py_DecRef(value);
  return text;
}

// Puts our function in the place of sys.settrace. Context: thread
static void stand_in(void) {
  static struct slv_py_method method = {"settrace", (void *)settrace, METH_O, NULL};
  static struct slv_py_method hook = {"settrace", (void *)trace_thread, SLV_PY_FASTCALL, NULL};
  slv_py *modules = python->PySys_GetObject("modules");
  slv_py *sys = modules != NULL ? python->PyDict_GetItemString(modules, "sys") : NULL;
  if (original == NULL) original = python->PySys_GetObject("settrace");
  if (sys == NULL || original == NULL) return;
  python->Py_IncRef(original);
  method.documentation = documentation();
  slv_py *name = python->PyObject_GetAttrString(original, "__module__");
  if (threads == NULL) threads = python->PyCFunction_NewEx(&hook, NULL, NULL);
  slv_py *ours = threads != NULL ? python->PyCFunction_NewEx(&method, sys, name) : NULL;
  if (ours == NULL || python->PyObject_SetAttrString(sys, "settrace", ours) != 0)
    python->PyErr_Clear();
  if (ours != NULL) python->Py_DecRef(ours);
  if (name != NULL) python->Py_DecRef(name);
}

// Context: thread
void slv_python_trace(const struct slv_python *table) {
  python = table;
  stand_in();
  python->PyEval_SetTrace(on_event, NULL);
}
