// Programs that end in every way a process can, and tell by themselves how often each marked line
// ran: a file of counters, mapped shared by every process of the run, that no death can take away.
//
//   deaths TALLY DEATH [ARGUMENT]
//
// Valid as C11 and as C++17: the table runs both.
#ifndef FIXTURE_H
#define FIXTURE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __cplusplus
#define C_BEGIN extern "C" {
#define C_END }
#else
#define C_BEGIN
#define C_END
#endif

#define SELF "/proc/self/exe"
#define NOINLINE __attribute__((noinline))

C_BEGIN

// Word k of the tally counts line `mark(k)`; word 128 + k counts those about to call it, so that a
// process killed between the compiler's counter and the mark leaves a bound of one, not a doubt.
void mark(int number);
void about_to(int number);
uint64_t tally_of(int number);
uint64_t about_of(int number);
extern uint64_t *tally;

// The marked lines, one a function: none shares a counter with a line that may end the process.
void entry(void), before(void), after(void), child(void), grandchild(void), handled(void);
void jumped(void), in_thread(void), at_end(void), destroyed(void), again(void),
    parent_goes_on(void);
void at_quick(void), never(void), survivor(void), worker(void);
void in_thread_number(int number);

// What a program keeps beside its counters. A child's stores must not be seen by the parent.
extern volatile int neighbour_data[64];
extern volatile int neighbour_zero[64];
void neighbours_set(int value);
void neighbours_say(const char *who);

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say_status(const char *who, int status);
void reap(const char *who, pid_t pid);
void reap_all(const char *who); // until no child is left
__attribute__((noreturn)) void fail(const char *what);
void times(void (*run)(void), int count);

struct context {
  char **argv; // [0] program, [1] tally, [2] death, [3] argument or NULL
  const char *argument;
};
typedef int (*death_function)(const struct context *context);
struct death {
  const char *name;
  death_function run;
};
// One list a family, ended by a NULL name.
extern const struct death end_deaths[], signal_deaths[], fault_deaths[], handler_deaths[];
extern const struct death fork_deaths[], clone_deaths[], exec_deaths[], spawn_deaths[];
extern const struct death thread_deaths[], library_deaths[], place_deaths[], storm_deaths[];
extern const struct death limit_deaths[], kill_deaths[], derived_deaths[];
#ifdef __cplusplus
extern const struct death cxx_deaths[];
#endif

C_END
#endif
