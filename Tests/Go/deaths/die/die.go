// Package die ends the process.
package die

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
)

func deep(n int) int { return deep(n+1) + 1 }

func send(number syscall.Signal) {
	syscall.Kill(os.Getpid(), number)
	for { // it comes on any thread
		runtime.Gosched()
	}
}

var signals = map[string]syscall.Signal{
	"kill": syscall.SIGKILL, "term": syscall.SIGTERM, "int": syscall.SIGINT, "hup": syscall.SIGHUP,
	"quit": syscall.SIGQUIT, "abrt": syscall.SIGABRT, "segv": syscall.SIGSEGV,
}

// By dies in a way that has a name.
func By(how string) {
	if number, found := signals[how]; found {
		send(number)
	}
	switch how {
	case "return":
	case "exit":
		os.Exit(0)
	case "exit-3":
		os.Exit(3)
	case "exit-goroutine":
		go os.Exit(4)
		select {}
	case "exit-group":
		syscall.RawSyscall(syscall.SYS_EXIT_GROUP, 5, 0, 0)
	case "fatal":
		log.SetFlags(0) // a time would differ
		log.Fatal("no more")
	case "panic":
		panic("no more")
	case "panic-goroutine":
		go panic("no more")
		select {}
	case "panic-recovered":
		func() {
			defer func() { recover() }()
			panic("caught")
		}()
	case "nil":
		var nothing *int
		*nothing = 1
	case "overflow":
		debug.SetMaxStack(1 << 20)
		deep(0)
	case "deadlock":
		select {}
	case "goexit":
		runtime.Goexit()
	case "map":
		var m map[string]int
		m["a"] = 1
	case "term-caught":
		caught := make(chan os.Signal, 1)
		signal.Notify(caught, syscall.SIGTERM)
		syscall.Kill(os.Getpid(), syscall.SIGTERM)
		fmt.Println(<-caught)
		os.Exit(6)
	case "kill-busy":
		for i := 0; i < 4; i++ {
			go func() {
				for {
				}
			}()
		}
		send(syscall.SIGKILL)
	case "kill-by-child":
		exec.Command("/bin/sh", "-c", "kill -KILL $PPID").Run()
		select {}
	case "exec":
		syscall.Exec(os.Args[0], []string{os.Args[0], "kill"}, os.Environ())
	case "children":
		for _, child := range []string{"kill", "exit-3", "panic"} {
			fmt.Println(exec.Command(os.Args[0], child).Run())
		}
	default:
		panic("no such death: " + how)
	}
}
