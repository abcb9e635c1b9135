// The CPython in this process, if there is one: its functions, and the moment at which its interpreters
// can run code. No Python header is used, and nothing is known of the layout of its objects.
#ifndef SLV_PYTHON_HOST_H
#define SLV_PYTHON_HOST_H

#include <link.h>

#include "base/system.h"

typedef struct slv_py_object slv_py; // PyObject
typedef int slv_py_audit(const char *event, slv_py *arguments, void *state);
typedef slv_py *slv_py_function(slv_py *self, slv_py *const *arguments, slv_word count);
typedef int slv_py_tracer(slv_py *state, slv_py *frame, int event, slv_py *argument);

#define SLV_PY_FASTCALL 0x80 // METH_FASTCALL

struct slv_py_method { // PyMethodDef
  const char *name;
  void *function;
  int flags;
  const char *documentation;
};

struct slv_py_allocator { // PyMemAllocatorEx
  void *context;
  void *(*malloc)(void *context, size_t size);
  void *(*calloc)(void *context, size_t count, size_t size);
  void *(*realloc)(void *context, void *old, size_t size);
  void (*free)(void *context, void *old);
};

// Functions of the C API: SLV_PY(result, name, other, arguments). `other` is the name that some versions
// have instead. The first list is required: an object without one of them is no host.
#define SLV_PYTHON_REQUIRED(SLV_PY)                                                        \
  SLV_PY(int, Py_IsInitialized, "", (void))                                                \
  SLV_PY(int, Py_IsFinalizing, "_Py_IsFinalizing", (void))                                 \
  SLV_PY(const char *, Py_GetVersion, "", (void))                                          \
  SLV_PY(void, PyMem_GetAllocator, "", (int, struct slv_py_allocator *))                   \
  SLV_PY(void, PyMem_SetAllocator, "", (int, struct slv_py_allocator *))                   \
  SLV_PY(int, PySys_AddAuditHook, "", (slv_py_audit *, void *))                            \
  SLV_PY(slv_py *, PySys_GetObject, "", (const char *))                                    \
  SLV_PY(void *, PyInterpreterState_Get, "_PyInterpreterState_Get", (void))                \
  SLV_PY(int64_t, PyInterpreterState_GetID, "", (void *))                                  \
  SLV_PY(void, Py_IncRef, "", (slv_py *))                                                  \
  SLV_PY(void, Py_DecRef, "", (slv_py *))                                                  \
  SLV_PY(slv_py *, PyObject_Type, "", (slv_py *))                                          \
  SLV_PY(slv_py *, PyObject_GetAttrString, "", (slv_py *, const char *))                   \
  SLV_PY(int, PyObject_SetAttrString, "", (slv_py *, const char *, slv_py *))              \
  SLV_PY(slv_py *, PyObject_CallMethod, "", (slv_py *, const char *, const char *, ...))   \
  SLV_PY(slv_py *, PyObject_CallFunctionObjArgs, "", (slv_py *, ...))                      \
  SLV_PY(slv_py *, PyDict_GetItemString, "", (slv_py *, const char *))                     \
  SLV_PY(slv_word, PyTuple_Size, "", (slv_py *))                                           \
  SLV_PY(slv_py *, PyTuple_GetItem, "", (slv_py *, slv_word))                              \
  SLV_PY(slv_word, PyList_Size, "", (slv_py *))                                            \
  SLV_PY(slv_py *, PyList_GetItem, "", (slv_py *, slv_word))                               \
  SLV_PY(slv_py *, PyIter_Next, "", (slv_py *))                                            \
  SLV_PY(slv_py *, PyLong_FromLong, "", (long))                                            \
  SLV_PY(long, PyLong_AsLong, "", (slv_py *))                                              \
  SLV_PY(const char *, PyUnicode_AsUTF8AndSize, "", (slv_py *, slv_word *))                \
  SLV_PY(slv_py *, PyUnicode_EncodeFSDefault, "", (slv_py *))                              \
  SLV_PY(int, PyBytes_AsStringAndSize, "", (slv_py *, char **, slv_word *))                \
  SLV_PY(slv_py *, PyCFunction_NewEx, "", (struct slv_py_method *, slv_py *, slv_py *))    \
  SLV_PY(slv_py *, PyErr_Occurred, "", (void))                                             \
  SLV_PY(void, PyErr_Clear, "", (void))                                                    \
  SLV_PY(void, PyErr_Fetch, "", (slv_py **, slv_py **, slv_py **))                         \
  SLV_PY(void, PyErr_Restore, "", (slv_py *, slv_py *, slv_py *))                          \
  SLV_PY(int, Py_AddPendingCall, "", (int (*)(void *), void *))                            \
  SLV_PY(int, PyRun_SimpleString, "", (const char *))                                      \
  SLV_PY(int, PyGILState_Check, "", (void))                                                \
  SLV_PY(int, PyGILState_Ensure, "", (void))                                               \
  SLV_PY(void, PyGILState_Release, "", (int))                                              \
  SLV_PY(void *, PyGILState_GetThisThreadState, "", (void))                                \
  SLV_PY(void *, _PyThreadState_UncheckedGet, "PyThreadState_GetUnchecked", (void))        \
  SLV_PY(void *, PyEval_SaveThread, "", (void))                                            \
  SLV_PY(void, PyEval_RestoreThread, "", (void *))                                         \
  SLV_PY(void, PyEval_SetTrace, "", (slv_py_tracer *, slv_py *))                           \
  SLV_PY(int, PyFrame_GetLineNumber, "", (slv_py *))                                       \
  SLV_PY(slv_word, _PyEval_RequestCodeExtraIndex, "PyUnstable_Eval_RequestCodeExtraIndex", \
         (void (*)(void *)))                                                               \
  SLV_PY(int, _PyCode_GetExtra, "PyUnstable_Code_GetExtra", (slv_py *, slv_word, void **)) \
  SLV_PY(int, _PyCode_SetExtra, "PyUnstable_Code_SetExtra", (slv_py *, slv_word, void *))
#define SLV_PYTHON_OPTIONAL(SLV_PY) SLV_PY(slv_py *, PyFrame_GetCode, "", (slv_py *))

struct slv_python {
#define SLV_PY(result, name, other, arguments) result(*name) arguments;
  SLV_PYTHON_REQUIRED(SLV_PY)
  SLV_PYTHON_OPTIONAL(SLV_PY)
#undef SLV_PY
  slv_py *none; // None
  int minor;    // 12 of 3.12
};

// NULL while no interpreter is known here. Context: any
const struct slv_python *slv_python(void);

// life/attach.c: whether an object has an interpreter in it, from its symbols. Context: thread
int slv_python_is_host(const struct dl_phdr_info *info);

// life/attach.c: this object has. Context: thread
void slv_python_found(const struct dl_phdr_info *info);

// Whether one was found. Context: thread
int slv_python_is_found(void);

// Looks up its functions, once. NULL: it lacks one, and is none. Context: thread
const struct slv_python *slv_python_look_up(void);

// A variable that it exports, and where it is. Context: thread
const ElfW(Sym) * slv_python_symbol(const char *name, uintptr_t *address);

// True when this thread has the lock of its interpreter. Context: any
int slv_python_holds(void);

#endif
