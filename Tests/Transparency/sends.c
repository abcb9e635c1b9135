// All 64 signals x all ways of sending x handled or not, and what the parent is told; cores.
#include "subject.h"

#include <elf.h>
#include <sys/stat.h>

enum way {
  BY_KILL, BY_RAISE, BY_GSIGNAL, BY_KILLPG, BY_PTHREAD_KILL, BY_PTHREAD_SIGQUEUE, BY_SIGQUEUE,
  BY_CALL_KILL, BY_CALL_TKILL, BY_CALL_TGKILL, BY_CALL_SIGQUEUE, BY_CALL_TGSIGQUEUE, BY_PIDFD,
  BY_THREAD_TIMER, BY_OTHER, WAYS
};
static const char *const way_names[WAYS] = {
    "kill", "raise", "gsignal", "killpg", "pthread_kill", "pthread_sigqueue", "sigqueue",
    "SYS_kill", "SYS_tkill", "SYS_tgkill", "SYS_rt_sigqueueinfo", "SYS_rt_tgsigqueueinfo", "pidfd",
    "timer to a thread", "another process"};

struct choice {
  int signal;
  enum way way;
  int handled, cores;
};

static void send_by_timer(int number) {
  struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = number};
  struct itimerspec soon = {.it_value = {0, 100000}};
  timer_t timer;
#ifdef __GLIBC__
  event._sigev_un._tid = gettid();
#else
  event.sigev_notify_thread_id = gettid();
#endif
  event.sigev_value.sival_int = 77;
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) {
    say("  timer errno %d", errno);
    return;
  }
  timer_settime(timer, 0, &soon, NULL);
  do timer_gettime(timer, &soon);
  while (soon.it_value.tv_nsec != 0);
}

// A process that is no child of anybody here when it ends: nothing but its signal comes from it.
static void send_by_other(int number) {
  pid_t target = getpid();
  int status = 0, child = (int)syscall(SYS_clone, 0, 0, 0, 0, 0);
  if (child == 0) {
    syscall(SYS_kill, target, number);
    _exit(0);
  }
  while (waitpid(child, &status, __WALL) < 0 && errno == EINTR) continue;
  errno = 0; // whether it was interrupted is chance
}

static long send_by(enum way way, int number) {
  siginfo_t info = {.si_signo = number, .si_code = -99};
  union sigval value = {.sival_int = 5};
  int file;
  long result;
  info.si_pid = 1234;
  info.si_uid = 4321;
  info.si_value = value;
  switch (way) {
    case BY_KILL: return kill(getpid(), number);
    case BY_RAISE: return raise(number);
    case BY_GSIGNAL: return gsignal(number);
    case BY_KILLPG: return killpg(0, number);
    case BY_PTHREAD_KILL: return pthread_kill(pthread_self(), number);
    case BY_PTHREAD_SIGQUEUE: return pthread_sigqueue(pthread_self(), number, value);
    case BY_SIGQUEUE: return sigqueue(getpid(), number, value);
    case BY_CALL_KILL: return syscall(SYS_kill, getpid(), number);
    case BY_CALL_TKILL: return syscall(SYS_tkill, gettid(), number);
    case BY_CALL_TGKILL: return syscall(SYS_tgkill, getpid(), gettid(), number);
    case BY_CALL_SIGQUEUE: return syscall(SYS_rt_sigqueueinfo, getpid(), number, &info);
    case BY_CALL_TGSIGQUEUE:
      return syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), number, &info);
    case BY_PIDFD:
      file = (int)syscall(434, getpid(), 0); // pidfd_open
      result = syscall(424, file, number, NULL, 0); // pidfd_send_signal
      close(file);
      return result;
    case BY_THREAD_TIMER: send_by_timer(number); return 0;
    default: send_by_other(number); return 0;
  }
}

static void sends(const void *argument) {
  const struct choice *c = argument;
  struct sigaction action = {.sa_sigaction = record_siginfo, .sa_flags = SA_SIGINFO};
  struct rlimit large = {RLIM_INFINITY, RLIM_INFINITY};
  if (c->cores && (chdir("cores.d") != 0 || setrlimit(RLIMIT_CORE, &large) != 0)) _exit(95);
  if (c->handled) say("  sigaction %d", sigaction(c->signal, &action, NULL));
  errno = 0;
  long result = send_by(c->way, c->signal);
  say("  sent %ld errno %d", result, errno);
  say_state();
}

// What a core says of its end: the signals of its threads, and the siginfo.
static void say_core(const char *path) {
  static char text[1 << 16];
  int file = open(path, O_RDONLY);
  if (file < 0) {
    printf("  no core\n");
    return;
  }
  Elf64_Ehdr header;
  Elf64_Phdr notes = {0};
  if (pread(file, &header, sizeof header, 0) != sizeof header) exit(94);
  for (int i = 0; i < header.e_phnum && notes.p_type != PT_NOTE; i++)
    if (pread(file, &notes, sizeof notes, (off_t)(header.e_phoff + (unsigned)i * sizeof notes)) <= 0)
      exit(94);
  ssize_t n = pread(file, text, notes.p_filesz < sizeof text ? notes.p_filesz : sizeof text,
                    (off_t)notes.p_offset);
  for (ssize_t at = 0; at + 12 <= n;) {
    Elf64_Nhdr *note = (Elf64_Nhdr *)(text + at);
    char *body = text + at + 12 + (note->n_namesz + 3) / 4 * 4;
    if (note->n_type == NT_PRSTATUS) printf("  core: thread's signal %d\n", *(short *)(body + 12));
    if (note->n_type == NT_SIGINFO) {
      siginfo_t *info = (siginfo_t *)body;
      printf("  core: signal %d code %d errno %d value %d\n", info->si_signo, info->si_code,
             info->si_errno, info->si_code == SI_QUEUE ? info->si_value.sival_int : 0);
    }
    at = body - text + (note->n_descsz + 3) / 4 * 4;
  }
  close(file);
}

// Where the kernel writes cores into the current directory. The name may have the pid behind it.
static int writes_cores(void) {
  char pattern[128] = "";
  int file = open("/proc/sys/kernel/core_pattern", O_RDONLY);
  if (file < 0) return 0;
  ssize_t n = read(file, pattern, sizeof pattern - 1);
  close(file);
  return n >= 4 && strncmp(pattern, "core", 4) == 0 && strchr(pattern, '/') == NULL;
}

static void find_core(void) {
  if (system("rm -f cores.d/found; for f in cores.d/core*; do test -e $f && mv $f cores.d/found; done;:"))
    exit(93);
  say_core("cores.d/found");
}

void send_cases(void) {
  static const int dumping[] = {SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE,
                                SIGSEGV, SIGXCPU, SIGXFSZ, SIGSYS};
  for (int number = 1; number <= 64; number++)
    for (int way = 0; way < WAYS; way++)
      for (int handled = 0; handled < 2; handled++) {
        struct choice c = {number, (enum way)way, handled, 0};
        run_case(sends, &c, "send %d by %s%s", number, way_names[way], handled ? ", handled" : "");
      }
  if (mkdir("cores.d", 0755) != 0 && errno != EEXIST) exit(92);
  for (unsigned i = 0; writes_cores() && i < sizeof dumping / sizeof *dumping; i++)
    for (int way = BY_KILL; way <= BY_SIGQUEUE; way += BY_SIGQUEUE - BY_KILL) {
      struct choice c = {dumping[i], (enum way)way, 0, 1};
      if (run_case(sends, &c, "core of %d by %s", dumping[i], way_names[way])) find_core();
    }
}
