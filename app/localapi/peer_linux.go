package localapi

import "golang.org/x/sys/unix"

// peerUID is the user at the other end of a Unix socket (unix(7), SO_PEERCRED).
func peerUID(fd int) (uint32, error) {
	cred, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return 0, err
	}
	return cred.Uid, nil
}

// peerProcess is the process there, 0 if unknown.
func peerProcess(fd int) int64 {
	cred, err := unix.GetsockoptUcred(fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	if err != nil {
		return 0
	}
	return int64(cred.Pid)
}
