package loopback

import (
	"encoding/binary"
	"net/netip"
)

// Layout of the system's variable net.inet.tcp.pcblist_n of macOS (bsd/netinet/in_pcb.h
// and bsd/sys/socketvar.h of its kernel's sources): after a header, structures that
// begin with their length and kind, the next one at a multiple of 8 bytes. Those of one
// connection follow each other, its addresses first.
const (
	kindSocket    = 0x001 // xsocket_n
	kindAddresses = 0x010 // xinpcb_n

	addressesSize = 80
	socketSize    = 68
	noReference   = 0x0001 // SS_NOFDREF: no process holds the socket
	version4      = 0x1    // INP_IPV4
)

// pcb is the owner of a socket.
type pcb struct {
	uid  uint32
	held bool // by a process
}

// findSocket looks for the socket with local as its own end and remote as the other.
func findSocket(table []byte, local, remote netip.AddrPort) (pcb, bool) {
	native := binary.NativeEndian
	if len(table) < 4 {
		return pcb{}, false
	}
	theOne := false
	for rest := skip(table, native.Uint32(table)); len(rest) >= 8; rest = skip(rest, native.Uint32(rest)) {
		length := int(native.Uint32(rest))
		switch kind := native.Uint32(rest[4:]); {
		case kind == kindAddresses && length >= addressesSize && len(rest) >= length:
			foreign, own := addressesOf(rest)
			theOne = own == local && foreign == remote
		case kind == kindSocket && theOne && length >= socketSize && len(rest) >= length:
			state := native.Uint16(rest[26:])
			return pcb{uid: native.Uint32(rest[64:]), held: state&noReference == 0}, true
		}
	}
	return pcb{}, false
}

// skip leaves a structure out, and everything if its length makes no sense.
func skip(b []byte, length uint32) []byte {
	next := (int64(length) + 7) &^ 7
	if length == 0 || next > int64(len(b)) {
		return nil
	}
	return b[next:]
}

// addressesOf reads an xinpcb_n. A mapped address of IPv4 is one of IPv4.
func addressesOf(b []byte) (foreign, own netip.AddrPort) {
	address := func(at int) netip.Addr {
		if b[44]&version4 != 0 {
			return netip.AddrFrom4([4]byte(b[at+12:]))
		}
		return netip.AddrFrom16([16]byte(b[at:])).Unmap()
	}
	port := binary.BigEndian.Uint16
	return netip.AddrPortFrom(address(48), port(b[16:])), netip.AddrPortFrom(address(64), port(b[18:]))
}
