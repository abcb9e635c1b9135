// Kill notice. The asker finds the victim's cell in the ledger, sets its word, sends the request and
// waits on the word. Nothing is asked where no life of this user ever had private counters: kill(2)
// then costs one load more.
#include "ledger/kill_notice.h"

#include <linux/futex.h>

#include "ledger/ledger.h"

#define ASKED 64 // at a time; of a group that has more, the others are not asked

struct asked {
  struct slv_cell *cells[ASKED];
  pid_t seen[ASKED]; // pids that a younger cell spoke for
  int count;
  int known;
  uint64_t limit;
};

// Sleeps while the word has that value; until `limit`, of CLOCK_BOOTTIME. Context: any
static void sleep_while(uint32_t *word, uint32_t value, uint64_t limit) {
  while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value) {
    uint64_t now = slv_sys_boottime();
    if (now >= limit) return;
    struct timespec left = {(time_t)((limit - now) / 1000000000u),
                            (long)((limit - now) % 1000000000u)};
    if (SLV_SYS4(SYS_futex, word, FUTEX_WAIT, value, &left) == -ENOSYS) return;
  }
}

// Context: any
static void wake(uint32_t *word) { SLV_SYS3(SYS_futex, word, FUTEX_WAKE, 0x7fffffff); }

// The value of a line of /proc/PID/status. Context: any
static const char *value_of(const char *text, const char *name) {
  for (; *text != 0; text++) {
    if (slv_starts(text, name)) return text + slv_length(name);
    while (*text != 0 && *text != '\n') text++;
    if (*text == 0) break;
  }
  return NULL;
}

// Reads the beginning of a file of /proc as text. 0 when that fails. Context: any
static int read_text(const char *name, char *text, size_t size) {
  int file = slv_sys_open(name, O_RDONLY, 0);
  if (file < 0) return 0;
  slv_word n = slv_sys_read(file, text, size - 1);
  slv_sys_close(file);
  text[n > 0 ? n : 0] = 0;
  return n > 0;
}

// True when that process would run a handler for the request now: it has one, and is neither stopped
// nor gone. Another process that has got the number meanwhile has none, and is left alone: without a
// handler the request would end it. Context: any
static int would_answer(pid_t pid) {
  char name[32] = "/proc/", text[3072];
  char *end = slv_decimal(name + 6, (uint64_t)pid);
  slv_text(end, name + sizeof name, "/status");
  if (!read_text(name, text, sizeof text)) return 0;
  const char *state = value_of(text, "State:\t"), *caught = value_of(text, "SigCgt:\t"),
             *threads = value_of(text, "Threads:\t");
  uint64_t set;
  if (state == NULL || caught == NULL || threads == NULL || !slv_parse_hex(caught, 16, &set))
    return 0;
  int runs = *state == 'R' || *state == 'S' || *state == 'D' ||
             (*state == 'Z' && !slv_starts(threads, "1\n")); // its first thread has ended
  return runs && (set & 1ull << (SLV_ASK_SIGNAL - 1)) != 0;
}

// Context: any
static void ask(struct asked *asked, struct slv_cell *cell) {
  if (asked->count == ASKED || !would_answer(cell->pid)) return;
  siginfo_t info;
  slv_zero(&info, sizeof info);
  info.si_signo = SLV_ASK_SIGNAL;
  info.si_code = SLV_ASK_CODE;
  info.si_pid = slv_process.pid;
  uint32_t idle = SLV_ASK_IDLE;
  if (__atomic_compare_exchange_n(&cell->ask, &idle, SLV_ASK_ASKED, 0, __ATOMIC_ACQ_REL,
                                  __ATOMIC_ACQUIRE)) {
    if (SLV_SYS3(SYS_rt_sigqueueinfo, cell->pid, SLV_ASK_SIGNAL, &info) != 0) {
      __atomic_store_n(&cell->ask, SLV_ASK_IDLE, __ATOMIC_RELEASE);
      return;
    }
  } else if (idle != SLV_ASK_ASKED && idle != SLV_ASK_WORKS) {
    return; // saved already, or becoming another program
  }
  asked->cells[asked->count++] = cell;
}

// A life that may still run, in our own pid namespace. Context: any
static int is_candidate(const struct slv_cell *cell) {
  uint32_t state = __atomic_load_n(&cell->state, __ATOMIC_ACQUIRE);
  return cell->life != 0 && cell->pid > 0 && cell->pid != slv_process.pid &&
         cell->pidns == slv_process.pidns &&
         (state == SLV_CELL_ENTERED || state == SLV_CELL_ENDING);
}

// Of the cells that have the same pid, the youngest is the one that can still run. Context: any
static int is_first(struct asked *asked, pid_t pid) {
  for (int i = 0; i < asked->known; i++)
    if (asked->seen[i] == pid) return 0;
  if (asked->known < ASKED) asked->seen[asked->known++] = pid;
  return 1;
}

// True when kill(2) of `pid` reaches `candidate`. Context: any
static int reaches(pid_t pid, pid_t candidate) {
  if (pid > 0) return candidate == pid;
  if (pid == -1) return candidate != 1;
  pid_t group = pid == 0 ? (pid_t)SLV_SYS1(SYS_getpgid, 0) : -pid;
  return (pid_t)SLV_SYS1(SYS_getpgid, candidate) == group;
}

// True when that process could run and has no processor: the request has woken it. Context: any
static int lacks_a_processor(pid_t pid) {
  char name[32] = "/proc/", text[512];
  slv_text(slv_decimal(name + 6, (uint64_t)pid), name + sizeof name, "/status");
  if (!read_text(name, text, sizeof text)) return 0;
  const char *state = value_of(text, "State:\t");
  return state != NULL && *state == 'R';
}

// Context: any
static void wait_for(struct slv_cell *cell, const struct asked *asked) {
  uint64_t late = asked->limit - SLV_ASK_LIMIT + SLV_ASK_WORK_LIMIT, now;
  sleep_while(&cell->ask, SLV_ASK_ASKED, asked->limit);
  while (__atomic_load_n(&cell->ask, __ATOMIC_ACQUIRE) == SLV_ASK_ASKED &&
         (now = slv_sys_boottime()) < late && lacks_a_processor(cell->pid))
    sleep_while(&cell->ask, SLV_ASK_ASKED, now + SLV_ASK_LIMIT / 10);
  sleep_while(&cell->ask, SLV_ASK_WORKS, late);
}

// Context: any
int slv_notice_kill(pid_t pid) {
  const struct slv_ledger_header *header = slv_ledger();
  if (header == NULL || __atomic_load_n(&header->privates, __ATOMIC_RELAXED) == 0) return 0;
  struct asked asked;
  asked.count = asked.known = 0;
  asked.limit = slv_sys_boottime() + SLV_ASK_LIMIT;
  for (uint32_t n = (uint32_t)header->next; n-- > 0;) { // the youngest first
    struct slv_cell *cell = slv_cell_number(n);
    if (cell == NULL || !is_candidate(cell) || (pid > 0 && cell->pid != pid)) continue;
    int is_private = (cell->flags & SLV_FLAG_PRIVATE) != 0;
    if (pid <= 0 && (!is_private || !reaches(pid, cell->pid))) continue;
    if (is_private && is_first(&asked, cell->pid)) ask(&asked, cell);
    if (pid > 0) break;
  }
  for (int i = 0; i < asked.count; i++) wait_for(asked.cells[i], &asked);
  return asked.count;
}

// Context: any
int slv_notice_descriptor(int file) {
  const struct slv_ledger_header *header = slv_ledger();
  if (header == NULL || __atomic_load_n(&header->privates, __ATOMIC_RELAXED) == 0 || file < 0)
    return 0;
  char name[40] = "/proc/self/fdinfo/", text[512];
  *slv_decimal(name + 18, (uint64_t)file) = 0;
  if (!read_text(name, text, sizeof text)) return 0;
  const char *digits = value_of(text, "Pid:\t");
  pid_t pid = 0;
  for (; digits != NULL && *digits >= '0' && *digits <= '9' && pid < 1 << 26; digits++)
    pid = pid * 10 + (*digits - '0');
  return pid > 0 && pid != slv_process.pid ? slv_notice_kill(pid) : 0;
}

// Context: any
void slv_notice_works(void) {
  uint32_t *ask = &slv_process.cell->ask, asked = SLV_ASK_ASKED;
  if (__atomic_compare_exchange_n(ask, &asked, SLV_ASK_WORKS, 0, __ATOMIC_ACQ_REL,
                                  __ATOMIC_RELAXED))
    wake(ask);
}

// Context: any
void slv_notice_answer(void) {
  struct slv_cell *cell = slv_process.cell;
  slv_note_flushed();
  __atomic_store_n(&cell->ask, SLV_ASK_SAVED, __ATOMIC_RELEASE);
  wake(&cell->ask);
  sleep_while(&cell->ask, SLV_ASK_SAVED, slv_sys_boottime() + SLV_ASK_LIMIT);
}

// Context: any
void slv_notice_ended(void) {
  uint32_t *ask = &slv_process.cell->ask, asked = __atomic_load_n(ask, __ATOMIC_RELAXED);
  if (slv_process.sandboxed || (asked != SLV_ASK_ASKED && asked != SLV_ASK_WORKS)) return;
  __atomic_compare_exchange_n(ask, &asked, SLV_ASK_SAVED, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
  wake(ask);
}

// Context: any
void slv_notice_close(void) {
  struct slv_cell *cell = slv_process.cell;
  if (slv_process.sandboxed || !slv_has_private()) return;
  // The request may still be on its way, also when slv_end() has answered it.
  if (__atomic_exchange_n(&cell->ask, SLV_ASK_CLOSED, __ATOMIC_ACQ_REL) == SLV_ASK_IDLE) return;
  slv_notice_answer();
  __atomic_store_n(&cell->ask, SLV_ASK_CLOSED, __ATOMIC_RELEASE);
}

// Context: any
void slv_notice_open(void) {
  uint32_t closed = SLV_ASK_CLOSED;
  __atomic_compare_exchange_n(&slv_process.cell->ask, &closed, SLV_ASK_IDLE, 0, __ATOMIC_ACQ_REL,
                              __ATOMIC_RELAXED);
}

// Context: any
void slv_notice_private(void) {
  uint32_t before = __atomic_fetch_or(&slv_process.cell->flags, SLV_FLAG_PRIVATE, __ATOMIC_RELAXED);
  struct slv_ledger_header *header = slv_ledger();
  if (!(before & SLV_FLAG_PRIVATE) && header != NULL)
    __atomic_fetch_add(&header->privates, 1, __ATOMIC_RELAXED);
}
