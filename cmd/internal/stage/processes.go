//go:build linux

package stage

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// processesWith lists the processes with this variable in their environment. Some
// overwrite it with their title, as Chromium's children do: they are found through
// their parents.
func processesWith(variable string) ([]int, error) {
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, file := range files {
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil && hasVariable(pid, variable) {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

// hasVariable is false for an ended process, and for another user's.
func hasVariable(pid int, variable string) bool {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	return err == nil && slices.Contains(strings.Split(string(data), "\x00"), variable)
}

// Descent lists a process and all its descendants.
func Descent(pid int) []int {
	pids := []int{pid}
	for _, child := range children(pid) {
		pids = append(pids, Descent(child)...)
	}
	return pids
}

// children lists a process's own ones.
func children(pid int) []int {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return nil
	}
	var pids []int
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for field := range strings.FieldsSeq(string(data)) {
			if child, err := strconv.Atoi(field); err == nil {
				pids = append(pids, child)
			}
		}
	}
	return pids
}

// endTree kills a process and all its descendants, and waits until they are gone.
func endTree(pid int) {
	below := children(pid)
	end(pid)
	for _, child := range below {
		endTree(child)
	}
}

// end kills a process and waits until it is gone.
func end(pid int) {
	fd, err := pidfdOpen(pid)
	if err != nil {
		return // gone
	}
	defer syscall.Close(fd)
	_ = syscall.Kill(pid, syscall.SIGKILL)
	waitPidfd(fd, grace)
}

// pidfdOpen returns a descriptor that becomes readable when the process ends, with any
// parent.
func pidfdOpen(pid int) (int, error) { return unix.PidfdOpen(pid, 0) }

func waitPidfd(fd int, limit time.Duration) {
	deadline := time.Now().Add(limit)
	for {
		left := time.Until(deadline)
		if left <= 0 {
			return
		}
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(left.Milliseconds())+1)
		if err == unix.EINTR {
			continue
		}
		if n != 0 || err != nil {
			return
		}
	}
}
