package loopback

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// isStranger says whether a connection on loopback is certainly another user's: root
// can read this program's memory anyway. Where the system does not tell, nobody is.
func isStranger(remote, local netip.AddrPort) bool {
	for range 3 { // the tables change while they are read
		client, server := ownerOf(remote, local), ownerOf(local, remote)
		switch {
		case client.known:
			return client.uid != 0 && client.uid != os.Geteuid()
		case !server.known:
			return false
		}
	}
	return true // our end is there, and nobody holds the other
}

type owner struct {
	uid   int
	known bool
}

// ownerOf looks for the socket that has a connection's local end (proc_pid_net(5)). A
// socket that no process holds any more has no inode, and no owner.
func ownerOf(local, remote netip.AddrPort) owner {
	for _, table := range []struct {
		path string
		end  func(netip.AddrPort) string
	}{{"/proc/self/net/tcp", end4}, {"/proc/self/net/tcp6", end6}} {
		file, err := os.Open(table.path)
		if err != nil {
			continue
		}
		from, to := table.end(local), table.end(remote)
		lines := bufio.NewScanner(file)
		for lines.Scan() {
			f := strings.Fields(lines.Text())
			if len(f) < 10 || f[1] != from || f[2] != to || f[9] == "0" {
				continue
			}
			if uid, err := strconv.ParseUint(f[7], 10, 32); err == nil {
				file.Close()
				return owner{int(uid), true}
			}
		}
		file.Close()
	}
	return owner{}
}

// end4 writes an end as the tables do: each 32 bits in the order of this processor's
// bytes.
func end4(a netip.AddrPort) string {
	b := a.Addr().Unmap().As4()
	return fmt.Sprintf("%08X:%04X", binary.NativeEndian.Uint32(b[:]), a.Port())
}

// end6 is for sockets of IPv6 that have been connected to an address of IPv4.
func end6(a netip.AddrPort) string {
	b, word := a.Addr().As16(), binary.NativeEndian.Uint32
	return fmt.Sprintf("%08X%08X%08X%08X:%04X", word(b[0:4]), word(b[4:8]), word(b[8:12]), word(b[12:16]), a.Port())
}
