// A plugin with counters.
package main

func Work(n int) int {
	if n > 10 {
		return 2 * n
	}
	return n
}

func main() {}
