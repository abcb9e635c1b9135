// Opens a plugin, uses it, and is killed, or not.
package main

import (
	"fmt"
	"os"
	"plugin"
	"syscall"
)

func main() {
	opened, err := plugin.Open(os.Args[1])
	if err != nil {
		fmt.Println(err)
		os.Exit(2)
	}
	work, err := opened.Lookup("Work")
	if err != nil {
		fmt.Println(err)
		os.Exit(2)
	}
	fmt.Println(work.(func(int) int)(20))
	if len(os.Args) > 2 {
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
}
