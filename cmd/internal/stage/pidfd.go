//go:build linux

package stage

import (
	"time"

	"golang.org/x/sys/unix"
)

// pidfdOpen returns a descriptor that becomes readable when the process ends,
// whoever's child it is.
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
