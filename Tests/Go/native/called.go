package main

import "C"

//export called
func called(n C.int) C.int {
	if n > 5 {
		return 0
	}
	return n + 1
}
