package loopback

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// isStranger is true if the other end of a connection is another user's, or nobody's
// any more: the kernel calls a closed socket root's. If it tells nothing, nobody is a
// stranger.
func isStranger(c net.Conn) bool {
	remote, local, ok := ends(c)
	if !ok {
		return false
	}
	stranger := isStrangers(remote, local, c)
	// A reset connection's port may be somebody else's already. Asked last, this makes
	// sure that it had both its ends until now.
	return stranger || stateOf(c) == unix.BPF_TCP_CLOSE
}

func isStrangers(remote, local netip.AddrPort, c net.Conn) bool {
	client, err := askOwner(remote, local)
	if err == nil {
		return client.isStranger()
	}
	if !errors.Is(err, unix.ENOENT) {
		return isStrangersByTable(remote, local)
	}
	// Either this kernel has no answers for TCP, or the other end is not there.
	if _, err := askOwner(local, remote); err != nil {
		return isStrangersByTable(remote, local)
	}
	// With mirrored networking, programs of Windows come from outside of this kernel.
	return !isWSL() || stateOf(c) != unix.BPF_TCP_ESTABLISHED
}

// owner is the owner of a socket.
type owner struct {
	uid   uint32
	inode uint32 // 0 once no process holds it
	state uint8
}

func (o owner) isStranger() bool {
	// A socket only about to connect is not the connected one.
	return o.inode == 0 || o.state == unix.BPF_TCP_SYN_SENT || o.uid != 0 && o.uid != uint32(os.Geteuid())
}

// stateOf is a connection's state in the kernel, 0 if it does not tell.
func stateOf(c net.Conn) (state uint8) {
	conn, ok := c.(syscall.Conn)
	if !ok {
		return 0
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) {
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.SOL_TCP, unix.TCP_INFO); err == nil {
			state = info.State
		}
	})
	return state
}

// isWSL is true on Linux within Windows: its version says so.
func isWSL() bool {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	return err == nil && strings.Contains(strings.ToLower(string(release)), "microsoft")
}
