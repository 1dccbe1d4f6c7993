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

// isStrangersByTable looks into the kernel's tables, for kernels that do not answer
// [askOwner].
func isStrangersByTable(remote, local netip.AddrPort) bool {
	for range 3 { // the tables change while they are read
		client, server := ownerInTable(remote, local), ownerInTable(local, remote)
		switch {
		case client.inode != 0:
			return client.isStranger()
		case server.inode == 0:
			return false
		}
	}
	return true // our end is there, and nobody holds the other
}

// ownerInTable looks for the socket with a connection's local end (proc_pid_net(5)). A
// socket no longer held by any process has no inode, and no owner.
func ownerInTable(local, remote netip.AddrPort) owner {
	tables := map[string]func(netip.AddrPort) string{"tcp6": end6}
	if local.Addr().Is4() {
		tables["tcp"] = end4
	}
	for name, end := range tables {
		file, err := os.Open("/proc/self/net/" + name)
		if err != nil {
			continue
		}
		from, to := end(local), end(remote)
		lines := bufio.NewScanner(file)
		for lines.Scan() {
			f := strings.Fields(lines.Text())
			if len(f) < 10 || f[1] != from || f[2] != to || f[9] == "0" {
				continue
			}
			uid, errUID := strconv.ParseUint(f[7], 10, 32)
			inode, errInode := strconv.ParseUint(f[9], 10, 32)
			state, errState := strconv.ParseUint(f[3], 16, 8)
			if errUID == nil && errInode == nil && errState == nil {
				file.Close()
				return owner{uint32(uid), uint32(inode), uint8(state)}
			}
		}
		file.Close()
	}
	return owner{}
}

// end4 writes an end as the tables do: each 32 bits in the order of this processor's
// bytes.
func end4(a netip.AddrPort) string {
	b := a.Addr().As4()
	return fmt.Sprintf("%08X:%04X", binary.NativeEndian.Uint32(b[:]), a.Port())
}

// end6 is for sockets of IPv6, also if they are connected to an address of IPv4.
func end6(a netip.AddrPort) string {
	b, word := a.Addr().As16(), binary.NativeEndian.Uint32
	return fmt.Sprintf("%08X%08X%08X%08X:%04X", word(b[0:4]), word(b[4:8]), word(b[8:12]), word(b[12:16]), a.Port())
}
