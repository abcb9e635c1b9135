// Clears its own counters in between, and is killed, or not.
package main

import (
	"fmt"
	"os"
	"runtime/coverage"
	"syscall"
)

func work(n int) int {
	if n > 3 {
		return n
	}
	return 0
}

func main() {
	fmt.Println(work(5), work(1))
	fmt.Println(coverage.ClearCounters())
	fmt.Println(work(7))
	if len(os.Args) > 1 {
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
}
