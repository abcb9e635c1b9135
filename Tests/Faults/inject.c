// Runs a program and lets one system call that the injected library makes fail, or kills its process
// there: inject -n N -a OFFSET (-e ERRNO | -k) [-o LOG] [-s SECONDS] LIBRARY-NAME COMMAND...
//
// It traces the whole process tree (ptrace(2)) and sees the system calls whose instruction lies in a
// mapping of LIBRARY-NAME; calls that libc makes for a hook are the program's own and not seen. The Nth at
// OFFSET in the library is the one: a number among all calls would be another call where processes that
// run at the same time come in another order. LOG gets a line for each: number, system call, process,
// offset. N 0 fails nothing. Ends as
// the program does; 200 when the program was still there after SECONDS. x86-64.
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <linux/ptrace.h>
#include <stddef.h>
#include <unistd.h>

enum { TASKS = 4096, HUNG = 200 };

struct task {
  pid_t tid;
  uint64_t low, high; // where the library's code is in it, 0: not looked up
  long file_low;      // file offset of that mapping
  int failing;        // its present system call is to answer with the error
};

static struct task tasks[TASKS];
static long wanted, place, seen, seen_there;
static int error, killing;
static const char *library;
static FILE *log_file;

static struct task *task_of(pid_t tid) {
  struct task *free_task = NULL;
  for (int i = 0; i < TASKS; i++) {
    if (tasks[i].tid == tid) return &tasks[i];
    if (tasks[i].tid == 0 && free_task == NULL) free_task = &tasks[i];
  }
  if (free_task == NULL) abort();
  memset(free_task, 0, sizeof *free_task);
  free_task->tid = tid;
  return free_task;
}

static void look_up(struct task *t) {
  char name[64], line[4096], rights[8], path[4096];
  snprintf(name, sizeof name, "/proc/%d/maps", t->tid);
  FILE *maps = fopen(name, "re");
  unsigned long low, high, offset;
  while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
    path[0] = 0;
    if (sscanf(line, "%lx-%lx %7s %lx %*s %*s %4095s", &low, &high, rights, &offset, path) < 4)
      continue;
    const char *base = strrchr(path, '/');
    if (rights[2] != 'x' || base == NULL || strcmp(base + 1, library) != 0) continue;
    t->low = low;
    t->high = high;
    t->file_low = (long)offset;
  }
  if (maps != NULL) fclose(maps);
}

// True where the system call is the library's own and not one that ends or replaces the process, which
// the program asked for.
static int counts(struct task *t, const struct ptrace_syscall_info *info) {
  uint64_t at = info->instruction_pointer;
  if (t->low == 0) look_up(t);
  if (at < t->low || at >= t->high || t->high == 0) return 0;
  switch (info->entry.nr) {
    case 59: case 60: case 231: case 322: // execve, exit, exit_group, execveat
    case 56: case 57: case 58: case 435:  // clone, fork, vfork, clone3
    case 61: case 62: case 247:           // wait4, kill, waitid
      return 0;
  }
  return 1;
}

static void at_entry(struct task *t, const struct ptrace_syscall_info *info) {
  if (!counts(t, info)) return;
  seen++;
  long offset = (long)(info->instruction_pointer - t->low) + t->file_low;
  if (log_file != NULL)
    fprintf(log_file, "%ld %ld %d %lx\n", seen, (long)info->entry.nr, t->tid, (unsigned long)offset);
  if (offset != place || ++seen_there != wanted) return;
  if (killing) {
    kill(t->tid, SIGKILL);
    return;
  }
  t->failing = 1;
  if (info->entry.nr == 3) return; // close(2): the descriptor is gone whatever it answers
  ptrace(PTRACE_POKEUSER, t->tid, (void *)offsetof(struct user_regs_struct, orig_rax), (void *)-1L);
}

static void at_system_call(struct task *t) {
  struct ptrace_syscall_info info;
  if (ptrace(PTRACE_GET_SYSCALL_INFO, t->tid, (void *)sizeof info, &info) <= 0) return;
  if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
    at_entry(t, &info);
  } else if (t->failing) {
    t->failing = 0;
    ptrace(PTRACE_POKEUSER, t->tid, (void *)offsetof(struct user_regs_struct, rax),
           (void *)(long)-error);
  }
}

// The signal that the task goes on with.
static int at_stop(struct task *t, int status, int is_new) {
  int number = WSTOPSIG(status), event = status >> 16;
  if (number == (SIGTRAP | 0x80)) {
    at_system_call(t);
    return 0;
  }
  if (event == PTRACE_EVENT_EXEC) t->low = t->high = 0;
  if (event != 0) return 0;
  return is_new && number == SIGSTOP ? 0 : number;
}

static int follow(pid_t root) {
  int result = HUNG, status;
  pid_t tid;
  while ((tid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
    if (tid <= 0) continue;
    int known = 0;
    for (int i = 0; i < TASKS && !known; i++) known = tasks[i].tid == tid;
    struct task *t = task_of(tid);
    if (!WIFSTOPPED(status)) {
      if (tid == root) result = status;
      t->tid = 0;
      continue;
    }
    int number = at_stop(t, status, !known);
    if (!known)
      ptrace(PTRACE_SETOPTIONS, tid, NULL,
             (void *)(long)(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                            PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL));
    ptrace(PTRACE_SYSCALL, tid, NULL, (void *)(long)number);
  }
  return result;
}

static void too_late(int number) {
  (void)number;
  static const char text[] = "inject: the program hangs\n";
  if (write(2, text, sizeof text - 1) < 0) _exit(HUNG);
  _exit(HUNG); // PTRACE_O_EXITKILL ends what is left
}

int main(int count, char **words) {
  unsigned seconds = 60;
  int option;
  while ((option = getopt(count, words, "+n:a:e:ko:s:")) > 0) switch (option) {
      case 'n': wanted = atol(optarg); break;
      case 'a': place = strtol(optarg, NULL, 16); break;
      case 'e': error = atoi(optarg); break;
      case 'k': killing = 1; break;
      case 'o': log_file = fopen(optarg, "we"); break;
      case 's': seconds = (unsigned)atoi(optarg); break;
      default: return 2;
    }
  if (optind + 2 > count) return 2;
  library = words[optind];
  personality(ADDR_NO_RANDOMIZE);
  pid_t root = fork();
  if (root == 0) {
    const char *preload = getenv("INJECT_PRELOAD"); // for the program, not for us
    if (preload != NULL) setenv("LD_PRELOAD", preload, 1);
    unsetenv("INJECT_PRELOAD");
    ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    raise(SIGSTOP);
    execv(words[optind + 1], words + optind + 1);
    _exit(127);
  }
  signal(SIGALRM, too_late);
  alarm(seconds);
  int status = follow(root);
  if (log_file != NULL) fclose(log_file);
  if (WIFSIGNALED(status)) {
    signal(WTERMSIG(status), SIG_DFL);
    return 128 + WTERMSIG(status);
  }
  return WEXITSTATUS(status);
}
