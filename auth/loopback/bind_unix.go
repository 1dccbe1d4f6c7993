//go:build !windows

package loopback

import "syscall"

const errInUse = syscall.EADDRINUSE

// exclusive has nothing to do here: a bound port belongs to one socket, without
// SO_REUSEPORT, and Go does not set that.
func exclusive(string, string, syscall.RawConn) error { return nil }
