//go:build linux || darwin

package localapi

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

const (
	socketName = "agent.sock"
	// socketPathMax is the longest path that fits into a socket address on every
	// system Portico runs on: sun_path has 108 bytes on Linux and 104 on macOS,
	// with the closing zero.
	socketPathMax = 103
	// lockFlags open the lock: no link, because it might lead to somebody else's file.
	lockFlags = os.O_CREATE | os.O_RDONLY | syscall.O_NOFOLLOW
)

func lockName() string { return "agent.lock" }

// makePrivate makes dir for this user alone, or checks that it is.
func makePrivate(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the runtime directory: %w", err)
	}
	return checkPrivate(dir)
}

// checkPrivate refuses a directory of another user, or one open to others, and a symbolic
// link, because it might be somebody else's.
func checkPrivate(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	owner := -1
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		owner = int(stat.Uid)
	}
	switch {
	case !info.IsDir():
		return fmt.Errorf("%s is not a directory: %w", dir, ErrUnsafe)
	case owner != os.Geteuid():
		return fmt.Errorf("%s belongs to user %d: %w", dir, owner, ErrUnsafe)
	case info.Mode().Perm()&0o077 != 0:
		return fmt.Errorf("%s has mode %#o, want 0700: %w", dir, info.Mode().Perm(), ErrUnsafe)
	}
	return nil
}

// listen opens the socket in dir and returns its path. The caller holds the lock, so a
// socket already there is a dead agent's.
func listen(dir string) (l net.Listener, file string, err error) {
	path, address, done, err := reach(dir, makePrivate)
	if err != nil {
		return nil, "", err
	}
	defer done()
	if info, err := os.Lstat(path); err == nil {
		if info.Mode().Type() != fs.ModeSocket {
			return nil, "", fmt.Errorf("%s is in the way and not a socket: %w", path, ErrUnsafe)
		}
		if err := os.Remove(path); err != nil {
			return nil, "", fmt.Errorf("remove a dead agent's socket: %w", err)
		}
	}
	unix, err := net.ListenUnix("unix", &net.UnixAddr{Name: address, Net: "unix"})
	if err != nil {
		return nil, "", fmt.Errorf("open the agent's socket: %w", err)
	}
	// The listener removes it: it knows whether the socket is still its own.
	unix.SetUnlinkOnClose(false)
	// Nobody else could get at the socket in the meantime: its directory is 0700.
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, "", errors.Join(fmt.Errorf("protect the agent's socket: %w", err), os.Remove(path), unix.Close())
	}
	return unix, path, nil
}

func connect(ctx context.Context, dir string) (net.Conn, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find the runtime directory: %w", err)
	}
	none := fmt.Errorf("connect in %s: %w", dir, ErrNoAgent)
	if err := checkPrivate(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, none
	} else if err != nil {
		return nil, err
	}
	_, address, done, err := reach(dir, checkPrivate)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, none
	} else if err != nil {
		return nil, err
	}
	defer done()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", address)
	switch {
	case err == nil:
		return conn, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return nil, none
	}
	return nil, fmt.Errorf("connect to the agent: %w", err)
}

// checkPeer refuses the other end of a connection when it is another user. The
// directory's mode keeps others out already; this holds after somebody has loosened it,
// and a client can be sure of its own agent.
func checkPeer(conn net.Conn) error {
	unix, ok := conn.(*net.UnixConn)
	if !ok {
		return fmt.Errorf("a %T has no peer to check: %w", conn, ErrUnsafe)
	}
	raw, err := unix.SyscallConn()
	if err != nil {
		return fmt.Errorf("check the other end: %w", err)
	}
	var uid uint32
	var inner error
	if err := raw.Control(func(fd uintptr) { uid, inner = peerUID(int(fd)) }); err != nil {
		return fmt.Errorf("check the other end: %w", err)
	}
	if inner != nil {
		return fmt.Errorf("check the other end: %w", inner)
	}
	if int(uid) != os.Geteuid() {
		return fmt.Errorf("the other end is user %d: %w", uid, ErrUnsafe)
	}
	return nil
}

// peerPID is the process at the other end, 0 if unknown.
func peerPID(conn net.Conn) (pid int64) {
	unix, ok := conn.(*net.UnixConn)
	if !ok {
		return 0
	}
	raw, err := unix.SyscallConn()
	if err != nil {
		return 0
	}
	if raw.Control(func(fd uintptr) { pid = peerProcess(int(fd)) }) != nil {
		return 0
	}
	return pid
}
