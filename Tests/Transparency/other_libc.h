// What glibc declares and musl does not: near enough that bare and recorded runs can be compared.
#ifndef SUBJECT_OTHER_LIBC_H
#define SUBJECT_OTHER_LIBC_H
#ifndef __GLIBC__

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SA_INTERRUPT 0x20000000
#define _SC_MINSIGSTKSZ 249
#define ssignal signal
#define __sysv_signal signal
#define gsignal raise
#define sigmask(number) (1 << ((number) - 1))

static inline int change_mask(int how, int mask) {
  sigset_t set = {{(unsigned)mask}}, old;
  sigprocmask(how, &set, &old);
  return (int)old.__bits[0];
}

static inline int sigblock(int mask) { return change_mask(SIG_BLOCK, mask); }
static inline int sigsetmask(int mask) { return change_mask(SIG_SETMASK, mask); }
static inline int siggetmask(void) { return change_mask(SIG_BLOCK, 0); }

static inline int tgkill(int group, int thread, int number) {
  return (int)syscall(SYS_tgkill, group, thread, number);
}

static inline int execveat(int directory, const char *path, char *const argv[],
                           char *const environment[], int flags) {
  return (int)syscall(SYS_execveat, directory, path, argv, environment, flags);
}

#define pthread_sigqueue(thread, number, value) ((void)(value), pthread_kill(thread, number))
#define backtrace(frames, count) ((void)(frames), 0 * (count))

#endif
#endif
