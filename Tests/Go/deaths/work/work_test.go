package work

import (
	"os"
	"syscall"
	"testing"
)

func TestHalf(t *testing.T) {
	if Half(4) != 2 {
		t.Fatal("4 has no half")
	}
	if os.Getenv("DIE") != "" {
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
}
