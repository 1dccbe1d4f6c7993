package loopback

import (
	"net"
	"net/netip"
)

// owned gives out the connections of this user and of root. Root can read this
// program's memory anyway. Other users of the computer may see an authorization request
// in its list of processes, answer it with an account of theirs, and so sign this user
// in as themselves: state, nonce and verifier fit.
type owned struct {
	net.Listener
	refused func()
}

// Accept waits for the next connection, and ends those of strangers meanwhile.
func (l owned) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if !isStranger(c) {
			return c, nil
		}
		l.refused()
		if t, ok := c.(*net.TCPConn); ok {
			_ = t.SetLinger(0) // nothing is owed to them
		}
		_ = c.Close()
	}
}

// ends are a connection's two addresses, IPv4 as such even if it is mapped.
func ends(c net.Conn) (remote, local netip.AddrPort, ok bool) {
	r, isTCP := c.RemoteAddr().(*net.TCPAddr)
	l, isTCPToo := c.LocalAddr().(*net.TCPAddr)
	if !isTCP || !isTCPToo {
		return remote, local, false
	}
	unmapped := func(a netip.AddrPort) netip.AddrPort {
		return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
	}
	return unmapped(r.AddrPort()), unmapped(l.AddrPort()), true
}
