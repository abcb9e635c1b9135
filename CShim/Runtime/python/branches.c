// Branches of Python code: where a jump leads to one of two lines, as CPython 3.14 and later tell of each
// way alone. One within a line, of `a and b` or a comprehension, is none.
#include "python/recorder.h"

// Context: thread
static slv_py *attribute(const struct slv_python *python, slv_py *object, const char *name) {
  slv_py *value = python->PyObject_GetAttrString(object, name);
  if (value == NULL) python->PyErr_Clear();
  return value;
}

// The iterator of code.co_branches(), which yields (from, left, right). Context: thread
static slv_py *iterator_of(const struct slv_python *python, slv_py *code) {
  slv_py *iterator = python->PyObject_CallMethod(code, "co_branches", NULL);
  if (iterator == NULL) python->PyErr_Clear();
  return iterator;
}

// Context: thread
uint32_t slv_python_branches(const struct slv_python *python, slv_py *code,
                             struct slv_python_branch *to, uint32_t room) {
  char *bytes = NULL;
  slv_word size = 0;
  uint32_t count = 0;
  slv_py *table = attribute(python, code, "co_linetable");
  slv_py *line = attribute(python, code, "co_firstlineno");
  slv_py *iterator = iterator_of(python, code), *item = NULL;
  uint32_t first = line != NULL ? (uint32_t)python->PyLong_AsLong(line) : 0;
  if (table == NULL || python->PyBytes_AsStringAndSize(table, &bytes, &size) != 0) size = 0;
  while (iterator != NULL && (item = python->PyIter_Next(iterator)) != NULL) {
    uint32_t at[3], lines[3];
    for (int i = 0; i < 3; i++) {
      slv_py *value = python->PyTuple_GetItem(item, i);
      at[i] = value != NULL ? (uint32_t)python->PyLong_AsLong(value) : 0;
      lines[i] = slv_python_line_at((unsigned char *)bytes, (size_t)size, first, at[i]);
    }
    python->Py_DecRef(item);
    if (lines[0] == 0 || lines[1] == lines[2]) continue;
    if (count < room) to[count] = (struct slv_python_branch){.line = lines[0], .at = at[0]};
    count++;
  }
  python->PyErr_Clear();
  if (iterator != NULL) python->Py_DecRef(iterator);
  if (line != NULL) python->Py_DecRef(line);
  if (table != NULL) python->Py_DecRef(table);
  return count;
}

// Those of one code object: [*from, end). Context: any
static uint32_t range_of(void *extra, const struct slv_python_view *view, uint32_t *from) {
  uint32_t function = slv_python_function_of(extra);
  *from = 0;
  if (view->branch_count == 0 || function >= view->functions) return 0;
  *from = view->table[function].branch;
  uint32_t end =
      function + 1 < view->functions ? view->table[function + 1].branch : view->branch_count;
  return end < view->branch_count ? end : view->branch_count;
}

// Context: thread
void slv_python_branch_taken(void *extra, struct slv_python_view *view, long at, int way) {
  uint32_t from, end = range_of(extra, view, &from);
  for (uint32_t i = from; i < end; i++)
    if (view->branches[i].at == (uint32_t)at) view->taken[2 * (size_t)i + (size_t)way] = 1;
}

// Context: thread
int slv_python_branches_wait(void *extra, const struct slv_python_view *view) {
  uint32_t from, end = range_of(extra, view, &from);
  for (uint32_t i = from; i < end; i++)
    if (!view->taken[2 * (size_t)i] || !view->taken[2 * (size_t)i + 1]) return 1;
  return 0;
}
