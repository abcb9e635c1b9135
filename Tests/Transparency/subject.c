// The frame of the cases: logs, runs, and prints.
#include "subject.h"

#include <poll.h>
#include <stdarg.h>

char own_stack[65536];
const char *self_path;
pid_t case_parent;
int hidden;
char **main_environment;
const char *process_word = "process";
static int log_file = 1;
static int cases, stride = 1, offset, patience = 60;
static const char *only;

void say(const char *format, ...) {
  char line[512];
  int saved = errno;
  va_list list;
  va_start(list, format);
  int n = vsnprintf(line, sizeof line - 1, format, list);
  va_end(list);
  if (n > (int)sizeof line - 2) n = sizeof line - 2;
  line[n++] = '\n';
  if (write(log_file, line, (size_t)n) < 0) _exit(99);
  errno = saved;
}

void log_to_stdout(void) {
  dup2(log_file, 1);
}

uint64_t bits(const sigset_t *set) {
  uint64_t value;
  memcpy(&value, set, sizeof value);
  return value;
}

// A blocked set. Linux never has these two in it; qemu-user does when a handler's mask has them.
static unsigned long long blocked(const sigset_t *set) {
  return bits(set) & ~(1ull << (SIGKILL - 1) | 1ull << (SIGSTOP - 1));
}

const char *relation(pid_t pid) {
  if (pid == getpid()) return "self";
  if (pid == case_parent) return "parent";
  return pid == 0 ? "0" : "other";
}

static const char *main_stack;

// Where a handler runs: 1 the stack that the case gave, 2 the main thread's, 0 another.
static int on_own_stack(void) {
  const char here = 0, *at = &here;
  if (at >= own_stack && at < own_stack + sizeof own_stack) return 1;
  return main_stack - at < 1 << 20 && at - main_stack < 1 << 20 ? 2 : 0;
}

void record_handler(int signal) {
  sigset_t mask;
  int saved = errno;
  sigprocmask(SIG_BLOCK, NULL, &mask);
  say("  handler %d mask %016llx stack %d", signal, blocked(&mask), on_own_stack());
  say_action("    in handler", signal);
  errno = saved;
}

void record_siginfo(int signal, siginfo_t *info, void *context) {
  sigset_t mask;
  ucontext_t *interrupted = context;
  int saved = errno;
  sigprocmask(SIG_BLOCK, NULL, &mask);
  say("  siginfo %d/%d code %d errno %d mask %016llx was %016llx stack %d", signal, info->si_signo,
      info->si_code, info->si_errno, blocked(&mask),
      blocked(&interrupted->uc_sigmask), on_own_stack());
  if (info->si_code == SI_USER || info->si_code == SI_TKILL)
    say("    from %s uid %d", relation(info->si_pid), (int)info->si_uid);
  if (info->si_code == SI_QUEUE)
    say("    from %s uid %d value %d", relation(info->si_pid), (int)info->si_uid,
        info->si_value.sival_int);
  if (info->si_code == SI_TIMER)
    say("    overrun %d value %d", info->si_overrun, info->si_value.sival_int);
  say_action("    in handler", signal);
  errno = saved;
}

const char *handler_name(const struct sigaction *action) {
  if (action->sa_handler == SIG_DFL) return "SIG_DFL";
  if (action->sa_handler == SIG_IGN) return "SIG_IGN";
  if (action->sa_handler == record_handler) return "record_handler";
  if (action->sa_sigaction == record_siginfo) return "record_siginfo";
  return "other";
}

int has_restorer(const struct sigaction *action) {
#if defined(__x86_64__)
  return action->sa_restorer != NULL;
#else
  (void)action;
  return 0;
#endif
}

void say_action(const char *label, int signal) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  int result = sigaction(signal, NULL, &action);
  if (result != 0) {
    say("%s %d: %d errno %d", label, signal, result, errno);
    return;
  }
  say("%s %d: %s flags %x mask %016llx restorer %d", label, signal, handler_name(&action),
      (unsigned)action.sa_flags, (unsigned long long)bits(&action.sa_mask),
      has_restorer(&action));
}

void say_state(void) {
  sigset_t mask, pending;
  stack_t stack;
  sigprocmask(SIG_BLOCK, NULL, &mask);
  sigpending(&pending);
  sigaltstack(NULL, &stack);
  say("  mask %016llx pending %016llx stack %s size %zu flags %x", blocked(&mask),
      (unsigned long long)bits(&pending),
      stack.ss_sp == NULL        ? "none"
      : stack.ss_sp == own_stack ? "own"
                                 : "other",
      stack.ss_size, (unsigned)stack.ss_flags);
}

// Prints what the log holds now; 0 at its end.
static int drain(int file, int milliseconds) {
  char buffer[4096];
  struct pollfd from = {file, POLLIN, 0};
  while (poll(&from, 1, milliseconds) > 0) {
    ssize_t n = read(file, buffer, sizeof buffer);
    if (n == 0) return 0;
    if (n > 0) fwrite(buffer, 1, (size_t)n, stdout);
    milliseconds = 0;
  }
  return 1;
}

// Prints the log of the child until it ends. Continues it when it stops, as a shell's user would.
// A minute of silence (--patience) is too much for any case, also on a busy machine.
static void copy_log(int file, pid_t child) {
  for (int quiet = 0; drain(file, 5); quiet++) {
    siginfo_t info = {0};
    int status = 0;
    if (waitid(P_PID, (id_t)child, &info, WSTOPPED | WNOWAIT | WNOHANG) == 0 && info.si_pid == child) {
      waitpid(child, &status, WUNTRACED);
      drain(file, 0);
      printf("  stopped %d %04x\n", info.si_status, (unsigned)status);
      kill(child, SIGCONT);
    }
    if (quiet < patience * 200) continue;
    printf("  TIMEOUT\n");
    kill(child, SIGKILL);
    return;
  }
}

static void reap(pid_t child) {
  siginfo_t info = {0};
  int status = 0;
  while (waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) continue;
  printf("  waitid code %d status %d child %d uid %d\n", info.si_code, info.si_status,
         info.si_pid == child, (int)info.si_uid);
  pid_t got = waitpid(child, &status, 0);
  printf("  waitpid %d status %04x\n", got == child, (unsigned)status);
}

static int wanted(const char *name) {
  if (only != NULL) return strstr(name, only) != NULL;
  return (cases + offset) % stride == 0;
}

int run_case(void (*body)(const void *), const void *argument, const char *name, ...) {
  char title[256];
  va_list list;
  va_start(list, name);
  vsnprintf(title, sizeof title, name, list);
  va_end(list);
  cases++;
  if (!wanted(title)) return 0;
  int ends[2];
  printf("case %s\n", title);
  fflush(stdout);
  if (pipe2(ends, O_CLOEXEC) != 0) exit(98);
  case_parent = getpid();
  pid_t child = fork();
  if (child == 0) {
    setpgid(0, 0);
    log_file = ends[1];
    body(argument);
    _exit(42);
  }
  close(ends[1]);
  copy_log(ends[0], child);
  reap(child);
  close(ends[0]);
  return 1;
}

int main(int argc, char *argv[]) {
  char here = 0;
  self_path = argv[0];
  main_environment = argv + argc + 1; // libc may have moved environ
  main_stack = &here;
  if (argc > 1 && strcmp(argv[1], "show") == 0) {
    show_inherited();
    return 7;
  }
  if (argc > 1 && strncmp(argv[1], "process", 7) == 0) {
    hidden = strcmp(argv[1], "process-hidden") == 0;
    show_process();
    return 8;
  }
  for (int i = 1; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "--stride") == 0) stride = atoi(argv[i + 1]);
    if (strcmp(argv[i], "--offset") == 0) offset = atoi(argv[i + 1]);
    if (strcmp(argv[i], "--only") == 0) only = argv[i + 1];
    if (strcmp(argv[i], "--patience") == 0) patience = atoi(argv[i + 1]);
    if (strcmp(argv[i], "--hidden") == 0) hidden = atoi(argv[i + 1]);
  }
  if (hidden) process_word = "process-hidden";
  struct rlimit none;
  getrlimit(RLIMIT_CORE, &none);
  none.rlim_cur = 0; // some cases raise it
  setrlimit(RLIMIT_CORE, &none);
  setvbuf(stdout, NULL, _IOFBF, 1 << 16);
  action_cases();
  fault_cases();
  life_cases();
  thread_cases();
  process_cases();
  sandbox_cases();
  start_cases();
  call_cases();
  victim_cases();
  send_cases();
  deliver_cases();
  printf("cases %d\n", cases);
  return 0;
}
