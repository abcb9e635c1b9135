// Descriptors, environments, ends and waits.
#include "subject.h"

#include <sys/time.h>

extern char **environ;

static void say_descriptors(void) {
  for (int file = 0; file < 64; file++) {
    int flags = fcntl(file, F_GETFD);
    if (flags >= 0) say("  descriptor %d flags %d", file, flags);
  }
}

static int of_the_shim(const char *variable) {
  if (strncmp(variable, "LLVM_PROFILE_FILE=", 18) == 0) return 1; // how the bare run is kept quiet
  return !hidden && (strncmp(variable, "LD_PRELOAD=", 11) == 0 || strncmp(variable, "SALVAGE_", 8) == 0);
}

static void say_environment(void) {
  for (char **e = environ; *e != NULL; e++)
    if (!of_the_shim(*e)) say("  %s", *e);
}

// The same by other ways: getenv, what the kernel shows, what main was given, and what stands behind.
static void say_given(void) {
  char text[65536];
  int file = open("/proc/self/environ", O_RDONLY);
  ssize_t n = read(file, text, sizeof text - 1);
  close(file);
  for (ssize_t at = 0; at < n; at += (ssize_t)strlen(text + at) + 1)
    if (text[at] != 0 && !of_the_shim(text + at)) say("  kernel %s", text + at);
  for (char **e = main_environment; hidden && *e != NULL; e++)
    if (!of_the_shim(*e)) say("  main %s", *e);
  if (hidden) say("  preload %s", getenv("LD_PRELOAD"));
  char **behind = main_environment; // the auxiliary vector, for a program that looks for it there
  while (*behind != NULL) behind++;
  uint64_t *entry = (uint64_t *)(behind + 1), page = 0;
  for (; hidden && entry[0] != 0; entry += 2)
    if (entry[0] == 6) page = entry[1];
  if (hidden) say("  page %d", page == (uint64_t)getpagesize());
}

void show_process(void) {
  say_given();
  say_descriptors();
  say_environment();
}

static void descriptors(const void *argument) {
  say_descriptors();
  if (*(const int *)argument) {
    close(0);
    say("  lowest %d", open("/dev/null", O_RDONLY));
    if (fork() == 0) {
      say_descriptors();
      say("  next %d", open("/dev/null", O_RDONLY));
      _exit(0);
    }
    wait(NULL);
    say_descriptors();
  }
  log_to_stdout();
  execl(self_path, self_path, process_word, (char *)NULL);
}

static void environments(const void *argument) {
  char *const words[] = {(char *)(uintptr_t)self_path, (char *)(uintptr_t)process_word, NULL};
  char *const none[] = {NULL}, *const few[] = {"A=1", "B=", "=odd", "plain", "A=2", NULL};
  log_to_stdout();
  switch (*(const int *)argument) {
    case 0: execve(self_path, words, none); break;
    case 1: execve(self_path, words, few); break;
    case 2: execve(self_path, words, NULL); break;
    case 3: clearenv(); execv(self_path, words); break;
    case 4: putenv("X=y"); unsetenv("PATH"); execv(self_path, words); break;
    case 5: say("  %d %d", execve("/dev/null", words, few), errno); break;
    case 6: say("  %d %d", execve(NULL, words, few), errno); break;
    case 8: {
      char line[300];
      fflush(stdout);
      snprintf(line, sizeof line, "X=$(%s %s); echo \"$X\"; exec %s %s", self_path, process_word, self_path, process_word);
      say("  system %04x", (unsigned)system(line));
      say_environment();
      break;
    }
    case 9: {
      char line[300], got[4096];
      snprintf(line, sizeof line, "exec %s %s", self_path, process_word);
      FILE *pipe = popen(line, "re");
      while (fgets(got, sizeof got, pipe) != NULL) say("  popen %.*s", (int)strcspn(got, "\n"), got);
      say("  pclose %04x", (unsigned)pclose(pipe));
      break;
    }
    case 7: say("  system %04x", (unsigned)system("test -z \"$X\" && exit 9")); break;
    default: break;
  }
}

static void at_exit(void) { say("  at exit"); }
static void exit_again(void) { exit(21); }
static void leave_at_exit(void) { _exit(22); }

static void *end_thread(void *unused) {
  (void)unused;
  pthread_exit(NULL);
}

static void ends(const void *argument) {
  int way = *(const int *)argument % 10, status = *(const int *)argument / 10 * 85;
  pthread_t thread;
  atexit(at_exit);
  at_quick_exit(at_exit);
  switch (way) {
    case 0: exit(status);
    case 1: _exit(status);
    case 2: quick_exit(status);
    case 3: syscall(SYS_exit_group, status); break;
    case 4: atexit(exit_again); exit(status);
    case 5: atexit(leave_at_exit); exit(status);
    case 6: pthread_exit(NULL);
    case 7:
      pthread_create(&thread, NULL, end_thread, NULL);
      pthread_join(thread, NULL);
      exit(status);
    case 8: _Exit(status);
    case 9: syscall(SYS_exit, status); break;
    default: break;
  }
}

static pid_t child_that(int way) {
  pid_t child = fork();
  if (child != 0) return child;
  if (way == 0) _exit(13);
  if (way == 1) raise(SIGKILL);
  if (way == 2) raise(SIGTERM);
  raise(SIGSTOP);
  _exit(14);
}

static void tick(int unused) { (void)unused; }

static void waits(const void *argument) {
  int way = *(const int *)argument % 4, function = *(const int *)argument / 4, status = -1, got = -1;
  struct rusage usage;
  siginfo_t info;
  memset(&usage, 0xff, sizeof usage);
  memset(&info, 0, sizeof info);
  pid_t child = child_that(way);
  if (way == 3) {
    got = waitpid(child, &status, WUNTRACED);
    say("  stopped %d %04x", got == child, (unsigned)status);
    kill(child, SIGCONT);
    status = -1;
  }
  switch (function) {
    case 0: got = wait(&status); break;
    case 1: got = waitpid(-1, &status, 0); break;
    case 2: while ((got = waitpid(child, &status, WNOHANG)) == 0) usleep(100); break;
    case 3: got = wait3(&status, 0, &usage); break;
    case 4: got = wait4(child, &status, 0, &usage); break;
    case 5: got = waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT); break;
    case 6: got = waitid(P_ALL, 0, &info, WEXITED); break;
    case 7: got = waitpid(child, NULL, 0); break;
    case 8: got = (int)syscall(SYS_wait4, child, &status, 0, &usage); break;
    case 9: got = (int)syscall(SYS_waitid, P_PID, child, &info, WEXITED, &usage); break;
    default: break;
  }
  say("  got %s status %04x code %d %d usage %d", got == child ? "child" : got == 0 ? "0" : "other",
      (unsigned)status, info.si_code, info.si_status, usage.ru_maxrss > 0);
  errno = 0;
  status = -1;
  got = waitpid(-1, &status, 0);
  say("  again %s status %04x errno %d", got == child ? "child" : "other", (unsigned)status, errno);
  say("  odd %d errno %d", waitpid(-1, &status, 0x7000), errno);
}

static void interrupted_wait(const void *argument) {
  struct sigaction action = {.sa_handler = tick, .sa_flags = *(const int *)argument ? SA_RESTART : 0};
  struct itimerval soon = {.it_value = {0, 20000}};
  int status = 0;
  sigaction(SIGALRM, &action, NULL);
  pid_t child = fork();
  if (child == 0) {
    usleep(200000);
    _exit(3);
  }
  setitimer(ITIMER_REAL, &soon, NULL);
  pid_t got = waitpid(child, &status, 0);
  say("  %s status %04x errno %d", got == child ? "child" : "other", (unsigned)status, got < 0 ? errno : 0);
}

void process_cases(void) {
  for (int i = 0; i < 2; i++) run_case(descriptors, &i, "descriptors %d", i);
  for (int i = 0; i < 10; i++) run_case(environments, &i, "environment %d", i);
  for (int i = 0; i < 40; i++) run_case(ends, &i, "ends %d", i);
  for (int i = 0; i < 40; i++) run_case(waits, &i, "wait %d", i);
  for (int i = 0; i < 2; i++) run_case(interrupted_wait, &i, "interrupted wait %d", i);
}
