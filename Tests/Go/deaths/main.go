// Works, and then dies as its argument says. What is counted in this package and in work is the same for every
// death; what differs is in die.
package main

import (
	"fmt"
	"os"
	"sync"

	"example.com/deaths/die"
	"example.com/deaths/work"
)

var table = map[string]func(int) int{
	"half":   work.Half,
	"square": func(n int) int { return n * n },
}

var first = work.Half(8) // before main, and before this package's init

func init() {
	table["third"] = func(n int) int { return n / 3 }
}

func main() {
	var group sync.WaitGroup
	var lock sync.Mutex
	sum := first
	for _, name := range []string{"half", "square", "third"} {
		group.Add(1)
		go func(f func(int) int) {
			defer group.Done()
			for i := 0; i < 100; i++ {
				lock.Lock()
				sum += f(i)
				lock.Unlock()
			}
		}(table[name])
		group.Wait() // one after the other: -covermode=count is not exact where two count at a time
	}
	fmt.Println(sum, work.Map([]int{1, 2, 3}, func(n int) string { return fmt.Sprint(n) }))
	stack := &work.Stack{}
	stack.Push(1)
	if stack.Len() > 1 {
		fmt.Println("never")
	}
	die.By(os.Args[1])
}
