package loopback

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Layout of sock_diag(7): a netlink header, and inet_diag_req_v2 or inet_diag_msg.
const (
	headerSize  = unix.SizeofNlMsghdr
	idSize      = 48
	requestSize = headerSize + 8 + idSize
	answerSize  = headerSize + 4 + idSize + 5*4

	// loopbackIndex is the interface lo in every network namespace. Asked for it, the
	// kernel finds sockets bound to lo as well as those bound to none.
	loopbackIndex = 1
)

// askOwner asks the kernel for the socket of TCP with local as its own end and remote as
// the other. Every user may ask. ENOENT means that there is none, or that this kernel
// cannot tell.
func askOwner(local, remote netip.AddrPort) (owner, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return owner{}, fmt.Errorf("ask the kernel for a socket: %w", err)
	}
	defer unix.Close(fd)
	request := question(local, remote)
	if err := again(func() error { return unix.Sendto(fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}) }); err != nil {
		return owner{}, fmt.Errorf("ask the kernel for a socket: %w", err)
	}
	answer := make([]byte, 4<<10)
	var n int
	// The kernel answers within the call.
	if err := again(func() error { n, _, err = unix.Recvfrom(fd, answer, unix.MSG_DONTWAIT); return err }); err != nil {
		return owner{}, fmt.Errorf("ask the kernel for a socket: %w", err)
	}
	return ownerIn(answer[:n], request)
}

func question(local, remote netip.AddrPort) []byte {
	b, native, network := make([]byte, requestSize), binary.NativeEndian, binary.BigEndian
	native.PutUint32(b[0:], requestSize)
	native.PutUint16(b[4:], unix.SOCK_DIAG_BY_FAMILY)
	native.PutUint16(b[6:], unix.NLM_F_REQUEST)
	r := b[headerSize:]
	r[0], r[1] = unix.AF_INET6, unix.IPPROTO_TCP
	if local.Addr().Is4() {
		r[0] = unix.AF_INET // finds sockets of IPv6 with mapped addresses as well
	}
	native.PutUint32(r[4:], ^uint32(0)) // in every state
	id := r[8:]
	network.PutUint16(id[0:], local.Port())
	network.PutUint16(id[2:], remote.Port())
	copy(id[4:20], local.Addr().AsSlice())
	copy(id[20:36], remote.Addr().AsSlice())
	native.PutUint32(id[36:], loopbackIndex)
	native.PutUint64(id[40:], ^uint64(0)) // INET_DIAG_NOCOOKIE
	return b
}

// ownerIn reads the answer to a request. Without such a connection, the kernel names a
// socket that listens at its port. That one has no other end.
func ownerIn(b, request []byte) (owner, error) {
	native := binary.NativeEndian
	switch {
	case len(b) >= headerSize+4 && native.Uint16(b[4:]) == unix.NLMSG_ERROR:
		return owner{}, unix.Errno(-int32(native.Uint32(b[headerSize:])))
	case len(b) < answerSize || native.Uint16(b[4:]) != unix.SOCK_DIAG_BY_FAMILY:
		return owner{}, errors.New("ask the kernel for a socket: it answers something else")
	}
	m := b[headerSize:]
	state, id := m[1], m[4:]
	if asked := request[headerSize+8:]; string(id[:4]) != string(asked[:4]) {
		return owner{}, unix.ENOENT
	}
	rest := id[idSize:]
	return owner{uid: native.Uint32(rest[12:]), inode: native.Uint32(rest[16:]), state: state}, nil
}

// again repeats a call interrupted by a signal.
func again(do func() error) error {
	for {
		if err := do(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
