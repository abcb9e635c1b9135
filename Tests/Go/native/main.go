// Go and C in one process: callbacks, threads and ends of C.
package main

/*
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern int called(int n);

static int callBack(int n) { return called(n); }

static void *thread(void *n) {
	*(int *)n = called(*(int *)n);
	return NULL;
}

static int onThread(int n) {
	pthread_t id;
	if (pthread_create(&id, NULL, thread, &n) != 0 || pthread_join(id, NULL) != 0) return -1;
	return n;
}

// The child runs no Go, as after any fork of a process with threads.
static int forkAndWait(int kills) {
	int status = 0;
	pid_t child = fork();
	if (child == 0) {
		if (kills) raise(SIGKILL);
		_exit(7);
	}
	waitpid(child, &status, 0);
	return status;
}
*/
import "C"

import (
	"fmt"
	"os"
	"syscall"
)

func main() {
	fmt.Println(C.callBack(1), C.callBack(9), C.onThread(2))
	switch os.Args[1] {
	case "return":
	case "kill":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "c-exit":
		C.exit(3)
	case "c-abort":
		C.abort()
	case "c-fork":
		fmt.Println(C.forkAndWait(0), C.forkAndWait(1))
		called(3)
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
}
