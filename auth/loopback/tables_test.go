package loopback

import (
	"encoding/binary"
	"net/netip"
	"testing"
)

// The tables of macOS and Windows as their headers lay them out: what of them can be
// tested on every system.

var (
	four, fourToo = netip.MustParseAddrPort("127.0.0.1:49152"), netip.MustParseAddrPort("127.0.0.1:8400")
	six, sixToo   = netip.MustParseAddrPort("[::1]:49153"), netip.MustParseAddrPort("[::1]:8400")
)

// macItem are the structures of one connection in net.inet.tcp.pcblist_n.
func macItem(own, foreign netip.AddrPort, mapped bool, uid uint32, state uint16) []byte {
	native, network := binary.NativeEndian, binary.BigEndian
	addresses := make([]byte, 104)
	native.PutUint32(addresses, 100) // padded to 8 bytes
	native.PutUint32(addresses[4:], kindAddresses)
	network.PutUint16(addresses[16:], foreign.Port())
	network.PutUint16(addresses[18:], own.Port())
	addresses[44] = 2
	if own.Addr().Is4() && !mapped {
		addresses[44] = version4
		copy(addresses[60:], foreign.Addr().AsSlice())
		copy(addresses[76:], own.Addr().AsSlice())
	} else {
		a, b := foreign.Addr().As16(), own.Addr().As16()
		copy(addresses[48:], a[:])
		copy(addresses[64:], b[:])
	}
	socket := make([]byte, 80)
	native.PutUint32(socket, 76)
	native.PutUint32(socket[4:], kindSocket)
	native.PutUint16(socket[26:], state)
	native.PutUint32(socket[64:], uid)
	buffer := make([]byte, 32)
	native.PutUint32(buffer, 32)
	native.PutUint32(buffer[4:], 0x002)
	return append(append(addresses, socket...), buffer...)
}

func TestTableOfMacOS(t *testing.T) {
	header := make([]byte, 24)
	binary.NativeEndian.PutUint32(header, 24)
	table := header
	for _, item := range [][]byte{
		macItem(fourToo, four, false, 1, 2), macItem(four, fourToo, false, 501, 2),
		macItem(six, sixToo, false, 502, noReference|2), macItem(fourToo, sixToo, true, 503, 2),
	} {
		table = append(table, item...)
	}
	for name, test := range map[string]struct {
		own, foreign netip.AddrPort
		want         pcb
		found        bool
	}{
		"IPv4":               {four, fourToo, pcb{501, true}, true},
		"its other end":      {fourToo, four, pcb{1, true}, true},
		"IPv6, closed":       {six, sixToo, pcb{502, false}, true},
		"another connection": {six, four, pcb{}, false},
	} {
		if got, found := findSocket(table, test.own, test.foreign); got != test.want || found != test.found {
			t.Errorf("%s: %+v, %v", name, got, found)
		}
	}
	mapped := append(append([]byte{}, header...), macItem(four, fourToo, true, 504, 2)...)
	if got, found := findSocket(mapped, four, fourToo); !found || got.uid != 504 {
		t.Errorf("IPv4 by a socket of IPv6: %+v, %v", got, found)
	}
	for n := range table { // a table that ends early, or one of another system
		findSocket(table[:n], netip.AddrPort{}, four)
		findSocket(table[n:], netip.AddrPort{}, four)
	}
}

func windowsTable(size int, rows ...[]byte) []byte {
	table := make([]byte, tableHeader)
	binary.LittleEndian.PutUint32(table, uint32(len(rows)))
	for _, row := range rows {
		table = append(table, append(row, make([]byte, size-len(row))...)...)
	}
	return table
}

func windowsRow(own, foreign netip.AddrPort, pid uint32, made uint64) []byte {
	little, network := binary.LittleEndian, binary.BigEndian
	if own.Addr().Is4() {
		row := make([]byte, 32)
		copy(row[4:], own.Addr().AsSlice())
		network.PutUint16(row[8:], own.Port())
		copy(row[12:], foreign.Addr().AsSlice())
		network.PutUint16(row[16:], foreign.Port())
		little.PutUint32(row[20:], pid)
		little.PutUint64(row[24:], made)
		return row
	}
	row := make([]byte, 64)
	copy(row, own.Addr().AsSlice())
	network.PutUint16(row[20:], own.Port())
	copy(row[24:], foreign.Addr().AsSlice())
	network.PutUint16(row[44:], foreign.Port())
	little.PutUint32(row[52:], pid)
	little.PutUint64(row[56:], made)
	return row
}

func TestTableOfWindows(t *testing.T) {
	table := windowsTable(row4Size, windowsRow(fourToo, four, 4, 5), windowsRow(four, fourToo, 6, 7))
	if c, found := findConnection(readConnections(table, true), four, fourToo); !found || c.pid != 6 || c.made != 7 {
		t.Errorf("IPv4: %+v, %v", c, found)
	}
	if c, found := findConnection(readConnections(table, true), four, sixToo); found {
		t.Errorf("another connection: %+v", c)
	}
	table = windowsTable(row6Size, windowsRow(sixToo, six, 4, 5), windowsRow(six, sixToo, 6, 7))
	if c, found := findConnection(readConnections(table, false), six, sixToo); !found || c.pid != 6 || c.made != 7 {
		t.Errorf("IPv6: %+v, %v", c, found)
	}
	for n := range table {
		readConnections(table[:n], false)
		readConnections(table[n:], true)
	}
}
