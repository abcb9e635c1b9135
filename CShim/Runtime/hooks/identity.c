// setuid, setgid and their kin. Each user records in a directory of its own, and after root has gone
// nobody could make the next user's: it is made just before.
#include "hooks/hooks.h"

#include "counters/counters.h"
#include "hooks/identity.h"
#include "launch/target.h"
#include "ledger/ledger.h"
#include "process/recording.h"

#define UNCHANGED ((uid_t)-1)

// Gives the directory away through its descriptor: the recording may belong to somebody who puts a
// link in its place. 0 when that can't be done, for example without CAP_CHOWN. Context: any
static int hand_over(const char *home, uid_t uid) {
  struct stat st;
  int given = 0, fd = slv_sys_open(home, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
  if (fd < 0) return 0;
  if (slv_sys_fstat(fd, &st) == 0 && st.st_uid == 0) {
    SLV_SYS2(SYS_fchmod, fd, 0700); // whatever the umask left
    given = SLV_SYS3(SYS_fchown, fd, uid, slv_sys_getegid()) == 0;
  }
  slv_sys_close(fd);
  return given;
}

// Before this process becomes another user: makes that user's directory, which only root can, and keeps a
// way to the slots that it has. One that can't be given away is of no use: who can't open it makes none, and
// goes on in its parents' slots. Context: any
static void prepare(uid_t uid) {
  char home[sizeof slv_process.home];
  if (!slv_may_call() || uid == UNCHANGED || uid == slv_process.uid) return;
  slv_leases_hold();
  if (uid == 0 || slv_process.uid != 0) return;
  slv_recording_home(home, sizeof home, uid);
  if (slv_sys_mkdirat(AT_FDCWD, home, 0700) == 0 && !hand_over(home, uid))
    slv_sys_unlinkat(AT_FDCWD, home, AT_REMOVEDIR);
}

// Context: any
void slv_identity_changed(void) {
  uid_t uid[3];
  gid_t gid[3];
  if (!slv_may_call() || slv_is_vfork_child()) return;
  if (SLV_SYS3(SYS_getresuid, &uid[0], &uid[1], &uid[2]) != 0) return;
  if (SLV_SYS3(SYS_getresgid, &gid[0], &gid[1], &gid[2]) != 0) return;
  slv_target_split_identity(uid[0] != uid[1] || gid[0] != gid[1]);
  if (uid[1] == slv_process.uid) return;
  slv_process.uid = uid[1];
  slv_recording_home(slv_process.home, sizeof slv_process.home, uid[1]);
  if (!slv_ledger_move() && slv_process_outer_user()) slv_ledger_move();
}

// Context: thread
static int changed(int result) {
  if (result == 0) slv_identity_changed();
  return result;
}

// Context: thread
SLV_EXPORT int setuid(uid_t uid) {
  prepare(uid);
  return changed(SLV_REAL(setuid)(uid));
}

// Context: thread
SLV_EXPORT int seteuid(uid_t uid) {
  prepare(uid);
  return changed(SLV_REAL(seteuid)(uid));
}

// Context: thread
SLV_EXPORT int setreuid(uid_t real, uid_t effective) {
  prepare(effective);
  return changed(SLV_REAL(setreuid)(real, effective));
}

// Context: thread
SLV_EXPORT int setresuid(uid_t real, uid_t effective, uid_t saved) {
  prepare(effective);
  return changed(SLV_REAL(setresuid)(real, effective, saved));
}

// Context: thread
SLV_EXPORT int setgid(gid_t gid) { return changed(SLV_REAL(setgid)(gid)); }

// Context: thread
SLV_EXPORT int setegid(gid_t gid) { return changed(SLV_REAL(setegid)(gid)); }

// Context: thread
SLV_EXPORT int setregid(gid_t real, gid_t effective) {
  return changed(SLV_REAL(setregid)(real, effective));
}

// Context: thread
SLV_EXPORT int setresgid(gid_t real, gid_t effective, gid_t saved) {
  return changed(SLV_REAL(setresgid)(real, effective, saved));
}

// Context: any
long slv_syscall_identity(long number, long a, long b, long c) {
  if (number == SYS_setuid) prepare((uid_t)a);
  if (number == SYS_setreuid || number == SYS_setresuid) prepare((uid_t)b);
  slv_word result = SLV_SYS3(number, a, b, c);
  if (result == 0 && slv_single_threaded()) slv_identity_changed();
  return slv_answer(result);
}
