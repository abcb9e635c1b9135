// A module for Python in C: counts words.
#include <Python.h>
#include <ctype.h>

static PyObject *count(PyObject *self, PyObject *argument) {
  (void)self;
  const char *text = PyUnicode_AsUTF8(argument);
  if (text == NULL)
    return NULL; //= 0
  long words = 0; //= 3
  for (int inside = 0; *text != 0; text++) {
    if (!isspace((unsigned char)*text) && !inside) words++;
    inside = !isspace((unsigned char)*text); //= 28
  }
  return PyLong_FromLong(words); //= 3
}

static PyObject *fail(PyObject *self, PyObject *unused) {
  (void)unused;
  abort(); //= 1
  return self;
}

static PyMethodDef methods[] = {
    {"count", count, METH_O, NULL}, {"fail", fail, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "words", NULL, -1, methods, NULL, NULL,
                                    NULL, NULL};

PyMODINIT_FUNC PyInit_words(void) {
  return PyModule_Create(&module); //= 1
}
