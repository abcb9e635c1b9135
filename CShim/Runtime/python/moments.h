// When interpreters begin.
#ifndef SLV_PYTHON_MOMENTS_H
#define SLV_PYTHON_MOMENTS_H

// hooks/dl.c: a library is about to be loaded; NULL is the program itself. Context: thread
void slv_python_loads(const char *file);

// hooks/exit.c, before main: libc is ready, the interpreter is not. Context: thread
void slv_python_start(void);

// hooks/getenv.c: the program reads a variable PYTHON...: an interpreter that was loaded late, or that is
// made once more. Context: thread
void slv_python_reads_environment(const void *caller);

#endif
