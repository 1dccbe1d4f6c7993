package auth

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// inFlock counts this process's threads that the kernel has in flock(2).
func inFlock(t *testing.T) (n int) {
	t.Helper()
	files, err := filepath.Glob("/proc/self/task/*/syscall")
	if err != nil || len(files) == 0 {
		t.Fatalf("no threads: %v", err)
	}
	for _, file := range files {
		call, err := os.ReadFile(file)
		if err == nil && strings.HasPrefix(string(call), fmt.Sprint(unix.SYS_FLOCK, " ")) {
			n++
		}
	}
	return n
}

// Nobody looks again and again whether the lock is free.
func TestWaiterIsAsleepInTheKernel(t *testing.T) {
	dir := t.TempDir()
	release := held(t, dir)
	taken := make(chan error)
	go func() {
		unlock, err := lock(t.Context(), dir, "account")
		if err == nil {
			unlock()
		}
		taken <- err
	}()
	for inFlock(t) == 0 {
		if t.Context().Err() != nil {
			t.Fatal("the waiter never slept")
		}
	}
	release()
	if err := <-taken; err != nil {
		t.Error(err)
	}
}
