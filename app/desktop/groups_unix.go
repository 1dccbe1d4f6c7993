//go:build linux || darwin

package desktop

import (
	"bufio"
	"os"
	"os/user"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// adminGroup is macOS's group of those who may become root.
const adminGroup = 80

// isOwnGroup says whether a group is root's, or this user's own without any other member:
// such private groups go with umask 002.
func isOwnGroup(gid uint32) bool {
	if gid == 0 || runtime.GOOS == "darwin" && gid == adminGroup {
		return true
	}
	me := os.Geteuid()
	names := []string{"root"}
	id := strconv.FormatUint(uint64(gid), 10)
	mine := int(gid) == os.Getegid()
	if u, err := user.LookupId(strconv.Itoa(me)); err == nil {
		names = append(names, u.Username)
		mine = mine || u.Gid == id
	}
	if !mine {
		return false
	}
	known, own := false, true
	each("/etc/group", func(f []string) { // name:password:gid:members
		if len(f) < 4 || f[2] != id {
			return
		}
		known = true
		for member := range strings.SplitSeq(f[3], ",") {
			own = own && (member == "" || slices.Contains(names, member))
		}
	})
	each("/etc/passwd", func(f []string) { // name:password:uid:gid:…
		if len(f) > 3 && f[3] == id && f[2] != "0" && f[2] != strconv.Itoa(me) {
			own = false
		}
	})
	if !known {
		// A directory has it. Those give private groups the number of their user.
		return own && int(gid) == me
	}
	return own
}

func each(file string, do func(fields []string)) {
	f, err := os.Open(file)
	if err != nil {
		return
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		do(strings.Split(lines.Text(), ":"))
	}
}

// ownsHome says whether a user id is the one that has this account's home: a file server
// may know the person by a number of its own.
func ownsHome(uid int) bool {
	u, err := user.LookupId(strconv.Itoa(os.Geteuid()))
	if err != nil || u.HomeDir == "" {
		return false
	}
	owner, ok := ownerOf(u.HomeDir)
	return ok && owner == uid
}
