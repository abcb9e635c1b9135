// A Python process dies, and coverage.py must save first: by code of the interpreter, which may run
// only with the interpreter's lock, and only where no data of it is half changed. A handler stands at
// neither. So a thread is made when the process has to die, and not before: it waits for the lock as
// every thread does, saves, and then lets the death happen.
//
// The thread that was hit goes on until then, for it may hold the lock, or one of libc's that saving
// needs. Where it was asleep in a system call (but for a futex) it has none of libc's, and waits where it
// is; and so where it can't go on: after a fault, or a signal that it sent itself. What it has then is
// the interpreter's lock at most, at a place where that may be given up.
//
// Making a thread needs locks of libc. Where libc itself was interrupted, the signal is sent again a
// moment later. Nothing here is a handler of Python's, and the process ends by the signal it was sent.
#include "python/coveragepy_death.h"

#include "counters/counters.h"
#include "ledger/kill_notice.h"
#include "ledger/ledger.h"
#include "python/host.h"
#include "python/thread_maker.h"
#include "python/thread_rest.h"
#include "signals/signals.h"

#define MS 1000000ull
#define DEATH_LIMIT (5000u * MS) // nanoseconds: of a signal that was sent
#define FAULT_LIMIT (2000u * MS)
#define AGAIN (3 * MS)

enum phase {
  IDLE,
  TAKEN,   // a death is being written down
  WANTED,  // no thread yet
  WORKING, // the thread waits for the interpreter, or saves
  DONE,    // saved, or not to be saved
};

static struct {
  uint32_t phase;  // enum phase, a futex
  uint32_t resume; // how often sleepers were sent back to work
  uint32_t turn;   // how many deaths were asked for
  int signal;
  siginfo_t info;
  pid_t thread; // that the signal hit
  uint64_t limit;
  int has_timer;
  int timer;
} death;

// ---- before ----------------------------------------------------------------------------------------

static const struct slv_python_saver *coverage; // written before the first death

// Context: thread
void slv_python_death_prepare(const struct slv_python_saver *saver) {
  coverage = saver;
  slv_maker_prepare();
}

// Context: any
void slv_python_death_fork_child(void) {
  __atomic_store_n(&death.phase, IDLE, __ATOMIC_RELEASE);
  death.has_timer = 0; // timers are not inherited
}

// ---- small parts -----------------------------------------------------------------------------------

// Context: any
static enum phase phase(void) {
  return (enum phase)__atomic_load_n(&death.phase, __ATOMIC_ACQUIRE);
}

// Context: any
static int advance(uint32_t from, uint32_t to) {
  if (!__atomic_compare_exchange_n(&death.phase, &from, to, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
    return 0;
  SLV_SYS3(SYS_futex, &death.phase, 1 /* FUTEX_WAKE */, 0x7fffffff);
  return 1;
}

// A signal that the interrupted thread can't be sent back from. Context: any
static int is_crash(int signal, const siginfo_t *info) {
  if (signal == SIGABRT) return info->si_pid == slv_process.pid;
  return (signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL ||
          signal == SIGTRAP || signal == SIGSYS) &&
         info->si_code > 0;
}

// Context: any
static int is_own(const siginfo_t *info) {
  return (info->si_code == SI_USER || info->si_code == SI_TKILL || info->si_code == SI_QUEUE) &&
         info->si_pid == slv_process.pid;
}

// Sends the signal again in a moment, to whichever thread takes it. Context: any
static int again(void) {
  struct sigevent event = {.sigev_signo = death.signal, .sigev_notify = SIGEV_SIGNAL};
  event.sigev_value.sival_ptr = &death;
  if (!death.has_timer && SLV_SYS3(SYS_timer_create, CLOCK_MONOTONIC, &event, &death.timer) != 0)
    return 0;
  death.has_timer = 1;
  struct itimerspec moment = {.it_value = {0, AGAIN}};
  return SLV_SYS4(SYS_timer_settime, death.timer, 0, &moment, NULL) == 0;
}

// Context: any
static void no_more_timer(void) {
  if (death.has_timer) SLV_SYS1(SYS_timer_delete, death.timer);
  death.has_timer = 0;
}

// Context: any
void slv_python_death_original(int signal, siginfo_t *info) {
  if (info->si_code != SI_TIMER || info->si_value.sival_ptr != (void *)&death ||
      signal != death.signal)
    return;
  *info = death.info;
}

// Ends this process by the signal that it was sent, from any thread. Context: any
static void die_here(void) {
  uint64_t only = ~SLV_SIGNAL_BIT(death.signal);
  struct slv_action action = {.handler = (uintptr_t)SIG_DFL};
  pid_t pid = slv_sys_getpid(), thread = slv_sys_gettid();
  uint64_t mask;
  slv_signals_block(&mask);
  slv_flush();
  slv_end(SLV_CELL_ENDED, SLV_CAUSE_SIGNAL, death.signal);
  slv_sys_sigaction(death.signal, &action, NULL);
  if (SLV_SYS4(SYS_rt_tgsigqueueinfo, pid, thread, death.signal, &death.info) != 0)
    SLV_SYS3(SYS_tgkill, pid, thread, death.signal);
  slv_sys_sigmask(SIG_SETMASK, &only, NULL);
}

// Context: any
static void note_unsaved(void) {
  if (slv_process.cell->loss == SLV_LOSS_NONE) slv_process.cell->loss = SLV_LOSS_COVERAGE_UNSAVED;
}

// ---- the thread ------------------------------------------------------------------------------------

// Context: thread
static void nap(void) {
  struct timespec moment = {0, 2 * MS};
  SLV_SYS2(SYS_nanosleep, &moment, NULL);
}

// Waits until coverage.py is not at work, then has it save. Context: thread
static void save(const struct slv_python *py) {
  int result;
  while ((result = coverage->save(1)) == 1 && phase() == WORKING) {
    __atomic_fetch_add(&death.resume, 1, __ATOMIC_RELEASE);
    SLV_SYS3(SYS_futex, &death.phase, 1 /* FUTEX_WAKE */, 0x7fffffff);
    void *state = py->PyEval_SaveThread();
    nap();
    py->PyEval_RestoreThread(state);
  }
  if (result == 2) note_unsaved();
}

// All signals but faults are blocked here: they would be taken for the program's. libc lets its own one,
// which is the request, through in each thread that it makes. Context: thread
static void *saving_thread(void *unused) {
  const uint64_t faults = SLV_SIGNAL_BIT(SIGSEGV) | SLV_SIGNAL_BIT(SIGBUS);
  const uint64_t request = SLV_SIGNAL_BIT(SLV_ASK_SIGNAL);
  const struct slv_python *py = slv_python();
  (void)unused;
  slv_sys_sigmask(SIG_BLOCK, &request, NULL);
  slv_sys_sigmask(SIG_UNBLOCK, &faults, NULL);
  uint32_t turn = death.turn;
  int state = py->PyGILState_Ensure();
  save(py);
  int late = turn != death.turn || phase() != WORKING; // nobody waits for this one any more
  int survives = death.signal == SLV_ASK_SIGNAL;       // the asker kills, or does not
  if (late || survives) py->PyGILState_Release(state);
  pid_t thread = death.thread;
  if (late || !advance(WORKING, DONE)) return NULL;
  // The thread that was hit dies, as it would have; if it does not, this one does. One that was asked
  // answers: the signal that tells it so is known by its sender, for a new request may come meanwhile.
  siginfo_t info = death.info;
  if (survives) {
    info.si_pid = slv_process.pid;
    if (SLV_SYS4(SYS_rt_tgsigqueueinfo, slv_process.pid, thread, SLV_ASK_SIGNAL, &info) != 0)
      SLV_SYS3(SYS_rt_sigqueueinfo, slv_process.pid, SLV_ASK_SIGNAL, &info); // it has ended
    return NULL;
  }
  if (info.si_code >= 0 || info.si_code == SI_TKILL ||
      SLV_SYS4(SYS_rt_tgsigqueueinfo, slv_process.pid, thread, death.signal, &info) != 0)
    SLV_SYS3(SYS_tgkill, slv_process.pid, thread, death.signal);
  for (int i = 0; i < 50; i++) nap();
  die_here();
  return NULL;
}

// The first thread of a process: pthread_create unblocks the request in its caller (late_init, glibc 2.34 and
// later). The saving thread's word then arrives inside of this handler, and hit() has to look for it.
// Context: any
static void start(void) {
  const uint64_t request = SLV_SIGNAL_BIT(SLV_ASK_SIGNAL);
  if (!slv_maker_is_ready() || !advance(WANTED, WORKING)) return;
  if (slv_maker_make(saving_thread) != 0)
    advance(WORKING, WANTED); // no memory, or a limit: once more in a moment
  slv_sys_sigmask(SIG_BLOCK, &request, NULL);
}

// ---- the thread that was hit -------------------------------------------------------------------------

// Until the work is done: 1; or until this thread must go on for that: 0. Context: any
static int wait(int may_resume) {
  uint32_t resume = __atomic_load_n(&death.resume, __ATOMIC_ACQUIRE);
  for (;;) {
    uint32_t now = __atomic_load_n(&death.phase, __ATOMIC_ACQUIRE);
    if (now == DONE || slv_sys_boottime() >= death.limit) return 1;
    if (may_resume && __atomic_load_n(&death.resume, __ATOMIC_ACQUIRE) != resume) return 0;
    struct timespec moment = {0, 20 * MS};
    SLV_SYS4(SYS_futex, &death.phase, 0 /* FUTEX_WAIT */, now, &moment);
  }
}

// Writes down the death that is to happen; what another thread has written down stays. Context: any
static void take(int signal, const siginfo_t *info) {
  if (!advance(IDLE, TAKEN)) return;
  death.turn++;
  death.signal = signal;
  death.info = *info;
  death.thread = slv_sys_gettid();
  death.limit = slv_sys_boottime() + (signal == SLV_ASK_SIGNAL ? SLV_ASK_WORK_LIMIT
                                      : is_crash(signal, info) ? FAULT_LIMIT
                                                               : DEATH_LIMIT);
  if (signal == SLV_ASK_SIGNAL) slv_notice_works();
  advance(TAKEN, WANTED);
}

// True when that is the saving thread's word that what was asked for is done. Context: any
static int is_answer(int signal, const siginfo_t *info) {
  return signal == SLV_ASK_SIGNAL && info->si_pid == slv_process.pid;
}

// The end of the wait: 1, the signal may do what it does. Context: any
static int over(int signal, siginfo_t *info) {
  int saved = phase() == DONE;
  no_more_timer();
  if (signal == death.signal) *info = death.info;
  if (signal == SLV_ASK_SIGNAL) __atomic_store_n(&death.phase, IDLE, __ATOMIC_RELEASE);
  else if (!saved) note_unsaved();
  return saved ||
         signal != SLV_ASK_SIGNAL; // without an answer, whoever asked does not wait for more
}

// Context: any
static int hit(int signal, siginfo_t *info, ucontext_t *context) {
  if (!coverage->is_ready() && phase() == IDLE) return 1;
  if (phase() == DONE && death.signal == SLV_ASK_SIGNAL && !is_answer(signal, info))
    advance(DONE, IDLE); // nobody killed us
  take(signal, info);
  if (phase() == DONE || slv_sys_boottime() >= death.limit) return over(signal, info);
  int crash = is_crash(signal, info);
  int rests = !crash && (slv_thread_rests(context) || (is_own(info) && slv_thread_called(context)));
  if (crash || rests || !slv_maker_is_interrupted(slv_thread_address(context))) start();
  if (phase() == DONE && signal == SLV_ASK_SIGNAL) return over(signal, info);
  if (phase() == WANTED && !crash) return again() ? 0 : over(signal, info);
  if (!crash && (!rests || slv_thread_on_futex(context))) return 0;
  const struct slv_python *py = slv_python();
  void *state = slv_python_holds() ? py->PyEval_SaveThread() : NULL;
  int done = wait(!crash);
  if (done && signal != SLV_ASK_SIGNAL) return over(signal, info);
  if (state != NULL) py->PyEval_RestoreThread(state);
  return done ? over(signal, info) : 0;
}

// True when this process has been sent its death. Context: any
static int is_dying(void) { return phase() >= WANTED && death.signal != SLV_ASK_SIGNAL; }

// Another end than by a signal. A death that is under way comes first. Context: any
static void end(void) {
  static uint32_t busy; // an end inside of this one: a fatal error of the interpreter
  if (slv_process.sandboxed || __atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE)) return;
  int holds = coverage->is_ready() && slv_python_holds();
  if (!is_dying() || advance(WANTED, WORKING)) {
    if (holds) coverage->save(0);
  } else if (phase() == WORKING) {
    if (holds) slv_python()->PyEval_SaveThread();
    wait(0);
  }
  if (is_dying()) die_here();
  __atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
}

// Context: any
int slv_python_death(int signal, siginfo_t *info, ucontext_t *context) {
  if (context != NULL) return hit(signal, info, context);
  end();
  return 1;
}
