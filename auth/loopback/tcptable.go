package loopback

import (
	"encoding/binary"
	"net/netip"
)

// connection is a row of Windows' table of connections (MIB_TCPROW_OWNER_MODULE and
// MIB_TCP6ROW_OWNER_MODULE of tcpmib.h).
type connection struct {
	local, remote netip.AddrPort
	pid           uint32 // 0 once no process holds it
	made          uint64 // in units of 100 ns since 1601, 0 for unknown
}

const (
	tableHeader = 8   // the number of rows, and padding to 8 bytes
	row4Size    = 160 // with OwningModuleInfo, 16 numbers of 64 bits
	row6Size    = 192
)

// readConnections reads a table. Ports stand in the order of the network.
func readConnections(table []byte, four bool) (all []connection) {
	if len(table) < tableHeader {
		return nil
	}
	little, size := binary.LittleEndian, row6Size
	if four {
		size = row4Size
	}
	port := func(b []byte) uint16 { return binary.BigEndian.Uint16(b) }
	rows := table[tableHeader:]
	for range little.Uint32(table) {
		if len(rows) < size {
			break
		}
		row := rows[:size]
		rows = rows[size:]
		c := connection{pid: little.Uint32(row[20:]), made: little.Uint64(row[24:])}
		if four {
			c.local = netip.AddrPortFrom(netip.AddrFrom4([4]byte(row[4:])), port(row[8:]))
			c.remote = netip.AddrPortFrom(netip.AddrFrom4([4]byte(row[12:])), port(row[16:]))
		} else {
			c.local = netip.AddrPortFrom(netip.AddrFrom16([16]byte(row)).Unmap(), port(row[20:]))
			c.remote = netip.AddrPortFrom(netip.AddrFrom16([16]byte(row[24:])).Unmap(), port(row[44:]))
			c.pid, c.made = little.Uint32(row[52:]), little.Uint64(row[56:])
		}
		all = append(all, c)
	}
	return all
}

// findConnection looks for the connection with local as its own end and remote as the
// other.
func findConnection(all []connection, local, remote netip.AddrPort) (connection, bool) {
	for _, c := range all {
		if c.local == local && c.remote == remote {
			return c, true
		}
	}
	return connection{}, false
}
