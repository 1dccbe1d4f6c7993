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
	"strconv"
	"syscall"
)

// socketPathMax is the longest path that fits into a socket address on every
// system Portico runs on: sun_path has 108 bytes on Linux and 104 on macOS,
// with the closing zero.
const socketPathMax = 103

func lockName() string { return "agent.lock" }

// makePrivate makes dir for this user alone, or checks that it is.
func makePrivate(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the runtime directory: %w", err)
	}
	return checkPrivate(dir)
}

// checkPrivate refuses a directory that another user owns, may write to or may
// look into, and a symbolic link, which might be somebody else's.
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

// socketPath is where the socket of dir is. A path too long for a socket
// address is replaced by a short one in the temporary directory, which follows
// from dir alone, so that both ends find it; short says which of them it is.
func socketPath(dir string) (path string, short bool) {
	path = filepath.Join(dir, "agent.sock")
	if len(path) <= socketPathMax {
		return path, false
	}
	name := filepath.Join("portico-"+strconv.Itoa(os.Geteuid())+"-"+digest(dir), "agent.sock")
	path = filepath.Join(os.TempDir(), name)
	if len(path) > socketPathMax {
		path = filepath.Join("/tmp", name)
	}
	return path, true
}

// listen opens the socket. The caller holds the lock, so a socket that is
// already there is a dead agent's.
func listen(dir string) (net.Listener, error) {
	path, short := socketPath(dir)
	if short {
		if err := makePrivate(filepath.Dir(path)); err != nil {
			return nil, err
		}
	}
	if info, err := os.Lstat(path); err == nil {
		if info.Mode().Type() != fs.ModeSocket {
			return nil, fmt.Errorf("%s is in the way and not a socket: %w", path, ErrUnsafe)
		}
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("remove a dead agent's socket: %w", err)
		}
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("open the agent's socket: %w", err)
	}
	// Nobody else could get at the socket in the meantime: its directory is 0700.
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("protect the agent's socket: %w", err), l.Close())
	}
	return l, nil
}

func connect(ctx context.Context, dir string) (net.Conn, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find the runtime directory: %w", err)
	}
	path, short := socketPath(dir)
	check := []string{dir}
	if short {
		check = append(check, filepath.Dir(path))
	}
	for _, d := range check {
		err := checkPrivate(d)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("connect in %s: %w", dir, ErrNoAgent)
		}
		if err != nil {
			return nil, err
		}
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", path)
	switch {
	case err == nil:
		return conn, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return nil, fmt.Errorf("connect in %s: %w", dir, ErrNoAgent)
	}
	return nil, fmt.Errorf("connect to the agent: %w", err)
}

// checkPeer refuses the other end of a connection when it is another user. The
// directory's mode keeps others out already; this holds when somebody has
// loosened it, and tells a client that it talks to its own agent.
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

// peerPID is the process at the other end, 0 for one that cannot be named.
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
