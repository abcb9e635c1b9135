// coverage.py saves when its process dies.
#ifndef SLV_COVERAGEPY_DEATH_H
#define SLV_COVERAGEPY_DEATH_H

#include <signal.h>
#include <ucontext.h>

// What python/coveragepy.c does for it.
struct slv_python_saver {
  // Calls save() of coveragepy.py: 0 saved, 1 coverage.py is at work, 2 it failed. With the interpreter's
  // lock. Context: thread
  int (*save)(int waits);
  // True when there is something to save, and Python code can run. Context: any
  int (*is_ready)(void);
};

// Before the first death: what a handler can't look up. Context: thread
void slv_python_death_prepare(const struct slv_python_saver *saver);
// In a fork child. Context: any
void slv_python_death_fork_child(void);

// life/death.c: a signal that came again for us is what it was the first time. Context: any
void slv_python_death_original(int signal, siginfo_t *info);

// The slv_saver of signals/saver.c. Context: any
int slv_python_death(int signal, siginfo_t *info, ucontext_t *context);

#endif
