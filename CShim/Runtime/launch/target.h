// Looking at a file that is about to be executed: can our library live in it?
#ifndef SLV_TARGET_H
#define SLV_TARGET_H

#include "process/process.h"

struct slv_target {
  int missing;        // the errno with which an exec of it fails for sure; 0: it is there
  int plausible;      // a regular file with an execute bit
  int take_out;       // with our library in LD_PRELOAD its loader would print an error, or fail
  int counterless;    // it will not be entered, and has no counters to lose
  enum slv_loss loss; // why it will not be entered; NONE: it will, as far as can be seen
};

// Looks at `path` as execveat(dir, path, …, flags) would find it. Opens and closes a descriptor; what
// can't be read counts as ordinary. About five system calls. Context: any
void slv_target_look(struct slv_target *target, int dir, const char *path, int flags);

// The set-id calls have made real and effective ids differ (or no longer): from there on every exec is
// a secure one, see AT_SECURE in getauxval(3). Context: any
void slv_target_split_identity(int differ);

#endif
