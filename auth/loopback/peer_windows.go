package loopback

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
)

// isStranger is true if the other end of a connection is another user's, or nobody's
// any more. If the system has no table of connections, nobody is a stranger.
func isStranger(c net.Conn) bool {
	remote, local, ok := ends(c)
	if !ok {
		return false
	}
	for range 3 { // the table changes while it is read
		table, err := connections(remote.Addr())
		if err != nil {
			return false
		}
		if client, found := findConnection(table, remote, local); found {
			return !isOwn(client)
		}
		if _, found := findConnection(table, local, remote); !found {
			return false // it does not list our own connection: it tells nothing
		}
	}
	return true // our end is there, and nobody holds the other
}

// isOwn is true for a connection by a process of this user, or of the system's. A
// process that cannot be opened is another user's.
func isOwn(c connection) bool {
	var mine, its uint32
	if c.pid == 0 || windows.ProcessIdToSessionId(c.pid, &its) != nil {
		return false // closed, or its process has ended
	}
	if err := windows.ProcessIdToSessionId(windows.GetCurrentProcessId(), &mine); err != nil || its != mine && its != 0 {
		return false
	}
	process, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, c.pid)
	if err != nil {
		return false
	}
	defer windows.CloseHandle(process)
	var began, ended, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(process, &began, &ended, &kernel, &user); err != nil || c.isOlderThan(began) {
		return false // its process has ended, and another one has its number
	}
	var token windows.Token
	if err := windows.OpenProcessToken(process, windows.TOKEN_QUERY, &token); err != nil {
		return false
	}
	defer token.Close()
	who, err := token.GetTokenUser()
	if err != nil {
		return false
	}
	me, err := windows.GetCurrentProcessToken().GetTokenUser()
	return err == nil && (who.User.Sid.Equals(me.User.Sid) || who.User.Sid.IsWellKnown(windows.WinLocalSystemSid))
}

// isOlderThan compares with when a process has begun. It is false if the table has no
// time of the connection.
func (c connection) isOlderThan(began windows.Filetime) bool {
	return c.made != 0 && c.made < uint64(began.HighDateTime)<<32|uint64(began.LowDateTime)
}

// getExtendedTCPTable is GetExtendedTcpTable of iphlpapi.h.
var getExtendedTCPTable = sync.OnceValue(func() *windows.LazyProc {
	return windows.NewLazySystemDLL("iphlpapi.dll").NewProc("GetExtendedTcpTable")
})

// ownerModuleAll is TCP_TABLE_OWNER_MODULE_ALL of iprtrmib.h.
const ownerModuleAll = 8

// connections reads the tables that may have a connection to an address. A socket of
// IPv6 may be connected to a mapped address of IPv4.
func connections(to netip.Addr) ([]connection, error) {
	all, err := tableOf(windows.AF_INET6)
	if !to.Is4() {
		return all, err
	}
	four, err := tableOf(windows.AF_INET)
	return append(four, all...), err
}

func tableOf(family uint32) ([]connection, error) {
	get := getExtendedTCPTable()
	if err := get.Find(); err != nil {
		return nil, err
	}
	size := uint32(64 << 10)
	for range 8 { // it may grow in between
		table := make([]uint64, (size+7)/8) // the rows hold numbers of 64 bits
		b := unsafe.Slice((*byte)(unsafe.Pointer(&table[0])), len(table)*8)
		code, _, _ := get.Call(uintptr(unsafe.Pointer(&table[0])), uintptr(unsafe.Pointer(&size)), 0, uintptr(family), ownerModuleAll, 0)
		switch err := windows.Errno(code); {
		case code == 0:
			return readConnections(b, family == windows.AF_INET), nil
		case !errors.Is(err, windows.ERROR_INSUFFICIENT_BUFFER):
			return nil, err
		}
		size += 16 << 10
	}
	return nil, errors.New("the table of connections grows without end")
}
