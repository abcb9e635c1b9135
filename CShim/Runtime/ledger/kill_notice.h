// Kill notice: who is about to send SIGKILL to a life with private counters asks it to save them first.
#ifndef SLV_NOTICE_H
#define SLV_NOTICE_H

#include "base/system.h"

// The request: a signal that libc keeps for itself. A program cannot block it, wait for it or set its
// action by any function of libc, so it never meets it. `si_code` tells ours from libc's own.
#define SLV_ASK_SIGNAL 32
#define SLV_ASK_CODE (-0x5356)
#define SLV_ASK_LIMIT 200000000u // nanoseconds that the asker waits, and then the one who was asked
// How long the asker waits for a life that is at work on its answer, or has not had a processor yet.
#define SLV_ASK_WORK_LIMIT 5000000000u

// slv_cell.ask, a futex.
enum slv_ask {
  SLV_ASK_IDLE = 0,
  SLV_ASK_ASKED = 1,  // a signal is on its way
  SLV_ASK_SAVED = 2,  // the life waits for the SIGKILL, for a while
  SLV_ASK_CLOSED = 3, // becoming another program: nobody may ask
  SLV_ASK_WORKS =
      4, // the signal has arrived, and code of the program saves (python/coveragepy_death.c)
};

// Before kill(pid, SIGKILL), of one process or several, but for this one; and of the process behind a
// descriptor. Come back when all who were asked have saved, or the time is over: how many there were.
// Not to be called in a vfork child. Context: any
int slv_notice_kill(pid_t pid);
int slv_notice_descriptor(int file);

// Before an exec, after the flush: nobody may ask any more, for the request would end the new program.
// Processes that have asked already are answered here. And after an exec that failed. Context: any
void slv_notice_close(void);
void slv_notice_open(void);

// In the life that was asked: the answer takes longer than copying counters does. Context: any
void slv_notice_works(void);

// In the life that was asked: all is saved; then waits for the SIGKILL, so that the program sees
// nothing of it. Comes back when none came. Context: any
void slv_notice_answer(void);

// At an end of another kind: nobody has to wait any more. Context: any
void slv_notice_ended(void);

// This life has private counters from now on. Context: any
void slv_notice_private(void);

#endif
