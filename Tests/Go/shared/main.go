// A library with Go inside, for a program in C.
package main

import "C"

//export Twice
func Twice(n C.int) C.int {
	if n < 0 {
		return -1
	}
	return 2 * n
}

func main() {}
