//go:build !windows

package loopback

import "syscall"

const errInUse = syscall.EADDRINUSE

// exclusive has nothing to do here: without SO_REUSEPORT, which Go does not set,
// a bound port belongs to one socket.
func exclusive(string, string, syscall.RawConn) error { return nil }
