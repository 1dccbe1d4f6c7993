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

// isStranger says whether the other end of a connection is another user's, or nobody's
// any more: the kernel calls a socket root's that has been closed. Where it tells
// nothing, nobody is a stranger.
func isStranger(c net.Conn) bool {
	remote, local, ok := ends(c)
	if !ok {
		return false
	}
	stranger := isStrangers(remote, local, c)
	// Of a connection that was reset the port may be somebody else's already. Asked last,
	// this says that it had both its ends until now.
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

// owner is whose a socket is.
type owner struct {
	uid   uint32
	inode uint32 // 0 once no process holds it
	state uint8
}

func (o owner) isStranger() bool {
	// One that is only about to connect is not the one that has.
	return o.inode == 0 || o.state == unix.BPF_TCP_SYN_SENT || o.uid != 0 && o.uid != uint32(os.Geteuid())
}

// stateOf is a connection's state in the kernel, 0 where it does not say.
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

// isWSL says whether this is Linux within Windows, which names itself in its version.
func isWSL() bool {
	release, err := os.ReadFile("/proc/sys/kernel/osrelease")
	return err == nil && strings.Contains(strings.ToLower(string(release)), "microsoft")
}
