package loopback

import (
	"syscall"

	"golang.org/x/sys/windows"
)

const errInUse = windows.WSAEADDRINUSE

// soExclusiveAddrUse is SO_EXCLUSIVEADDRUSE, ^SO_REUSEADDR in winsock2.h.
const soExclusiveAddrUse = ^windows.SO_REUSEADDR

// exclusive keeps other programs from binding the same port with SO_REUSEADDR. Windows
// allows this otherwise, and it would hand them the response.
func exclusive(_, _ string, c syscall.RawConn) error {
	var inner error
	err := c.Control(func(fd uintptr) {
		inner = windows.SetsockoptInt(windows.Handle(fd), windows.SOL_SOCKET, soExclusiveAddrUse, 1)
	})
	if err != nil {
		return err
	}
	return inner
}
