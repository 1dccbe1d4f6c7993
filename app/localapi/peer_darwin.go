package localapi

import "golang.org/x/sys/unix"

// peerUID is the user at the other end of a Unix socket (unix(4), LOCAL_PEERCRED).
func peerUID(fd int) (uint32, error) {
	cred, err := unix.GetsockoptXucred(fd, unix.SOL_LOCAL, unix.LOCAL_PEERCRED)
	if err != nil {
		return 0, err
	}
	return cred.Uid, nil
}

// peerProcess is the process there (unix(4), LOCAL_PEERPID), 0 if unknown.
func peerProcess(fd int) int64 {
	pid, err := unix.GetsockoptInt(fd, unix.SOL_LOCAL, unix.LOCAL_PEERPID)
	if err != nil {
		return 0
	}
	return int64(pid)
}
