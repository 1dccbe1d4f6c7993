package loopback

import (
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// isStranger is true if the other end of a connection is another user's, or nobody's
// any more. If the system does not tell, nobody is a stranger.
func isStranger(c net.Conn) bool {
	remote, local, ok := ends(c)
	if !ok {
		return false
	}
	for range 3 { // the table changes while it is read
		table, err := unix.SysctlRaw("net.inet.tcp.pcblist_n") // every user may read it
		if err != nil {
			return false
		}
		if client, found := findSocket(table, remote, local); found {
			return !client.held || client.uid != 0 && client.uid != uint32(os.Geteuid())
		}
		if server, found := findSocket(table, local, remote); !found || !server.held {
			return false // it does not list our own connection: it tells nothing
		}
	}
	return true // our end is there, and nobody holds the other
}
