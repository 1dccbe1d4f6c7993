//go:build unix

package front

import "golang.org/x/sys/unix"

// mostConnections leaves some of the files that may be open to store and attachments.
func mostConnections() int {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil || limit.Cur > 1<<20 {
		return 1 << 20
	}
	return max(64, int(limit.Cur)-512)
}
