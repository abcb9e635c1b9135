// A program that embeds CPython: two interpreters, then a new runtime; the last one is not ended.
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <unistd.h>

static void run(int number) {
  char text[4096];
  snprintf(text, sizeof text, "import sys; sys.path.insert(0, '%s'); import interpreters_inner\n"
                              "interpreters_inner.f(%d)\n", getenv("PLACE"), number);
  if (PyRun_SimpleString(text) != 0) exit(1);
}

int main(void) {
  Py_Initialize();
  PyThreadState *first = PyThreadState_Get();
  PyThreadState *second = Py_NewInterpreter();
  run(0);
  Py_EndInterpreter(second);
  PyThreadState_Swap(first);
  Py_Finalize();
  Py_Initialize();
  run(2);
  puts("done");
  fflush(stdout);
  _exit(3);
}
