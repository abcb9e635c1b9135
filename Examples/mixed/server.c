// A service that squares and doubles numbers: a parent, and workers that it forks and replaces.
//
//   server SOCKET WORKERS
//
// What happens is told on stdout, a line an event. `//= N`: how often the line runs in run.sh.
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_WORKERS = 16 };

static pid_t workers[MOST_WORKERS];
static int worker_count;
static volatile unsigned long spins;

static void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void tell(const char *format, ...)
{
  va_list arguments;
  va_start(arguments, format);
  vdprintf(1, format, arguments);
  va_end(arguments);
}

static void answer(int peer, const char *request)
{
  int number;
  if (sscanf(request, "square %d", &number) == 1) {
    dprintf(peer, "%d\n", number * number);               //= 2
  } else if (sscanf(request, "double %d", &number) == 1) {
    dprintf(peer, "%d\n", number + number);               //= 100 if rust
  } else if (!strcmp(request, "crash")) {
    spins = *(volatile unsigned long *)8;                 //= 1
  } else if (!strcmp(request, "leave")) {
    dprintf(peer, "leaving\n");
    _exit(3);                                             //= 1
  } else if (!strcmp(request, "spin")) {
    tell("worker %d spins\n", getpid());                  //= 1
    for (;;) {
      spins++;
    }
  } else {
    dprintf(peer, "what is %s?\n", request);              //= 0
  }
}

static void serve(int listener)
{
  signal(SIGTERM, SIG_DFL);
  tell("worker %d ready\n", getpid());                 //= 7
  for (;;) {
    char request[100];
    size_t length = 0;
    int peer = accept(listener, NULL, NULL);
    while (length < sizeof request - 1 && read(peer, request + length, 1) == 1 &&
           request[length] != '\n') {
      length++;
    }
    request[length] = 0;
    answer(peer, request);
    close(peer);
  }
}

static pid_t start_worker(int listener)
{
  pid_t pid = fork();
  if (pid == 0) {
    serve(listener);                                      //= 7
  }
  return pid;                                             //= 7
}

// SIGTERM: no worker is asked, and exit() is not called.
static void stop(int number)
{
  (void)number;
  for (int i = 0; i < worker_count; i++) {
    kill(workers[i], SIGKILL);                            //= 3
    waitpid(workers[i], NULL, 0);
  }
  _exit(0);                                               //= 1
}

static int listen_at(const char *path)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  unlink(path);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 100)) {
    perror(path);                                         //= 0
    exit(1);
  }
  return listener;
}

static void replace(pid_t dead, int status, int listener)
{
  tell("worker %d ended with status %d\n", dead, status);     //= 4
  for (int i = 0; i < worker_count; i++) {
    if (workers[i] == dead) {
      workers[i] = start_worker(listener);                //= 4
    }
  }
}

int main(int argc, char **argv)
{
  if (argc != 3 || atoi(argv[2]) < 1 || atoi(argv[2]) > MOST_WORKERS) {
    fprintf(stderr, "usage: server SOCKET WORKERS\n");    //= 0
    return 2;
  }
  int listener = listen_at(argv[1]);                      //= 1
  worker_count = atoi(argv[2]);
  for (int i = 0; i < worker_count; i++) {
    workers[i] = start_worker(listener);
  }
  signal(SIGTERM, stop);
  for (;;) {
    int status;
    pid_t dead = waitpid(-1, &status, 0);                 //= 5
    if (dead > 0) {
      replace(dead, status, listener);
    } else if (errno != EINTR) {
      return 1;                                           //= 0
    }
  }
}
