// A program that shows everything it can see of signals and processes. Run bare and under the shim, it
// must print the same; see `run`.
#ifndef SUBJECT_H
#define SUBJECT_H

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "other_libc.h"

typedef void (*handler_t)(int);

// Appends a line to the log of the case: what the parent prints when the case is over.
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

// From now on stdout is the log too, for another image of this program.
void log_to_stdout(void);

// Runs `body` in a fork child, and prints its log and how it ended as its parent sees it. 0 when the
// case was not wanted.
int run_case(void (*body)(const void *), const void *argument, const char *name, ...)
    __attribute__((format(printf, 3, 4)));

// The first 8 bytes of a set, which are the kernel's.
uint64_t bits(const sigset_t *set);
const char *relation(pid_t pid);

void record_handler(int signal);
void record_siginfo(int signal, siginfo_t *info, void *context);
const char *handler_name(const struct sigaction *action);
// Whether there is one; on aarch64 libc leaves what was on its stack there. 0 or 1.
int has_restorer(const struct sigaction *action);
void say_action(const char *label, int signal);
void say_state(void);

extern char own_stack[65536];
extern const char *self_path;
extern pid_t case_parent;
extern int hidden; // the variables of the library shall not be seen
extern char **main_environment;
extern const char *process_word; // the argument by which the program calls itself

void deliver_cases(void);
void fault_cases(void);
void action_cases(void);
void life_cases(void);
void thread_cases(void);
void process_cases(void);
void sandbox_cases(void);
void start_cases(void);
void send_cases(void);
void call_cases(void);
void victim_cases(void);
void show_inherited(void);
void show_process(void);

#endif
