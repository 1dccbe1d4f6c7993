//go:build linux || darwin

package desktop

import (
	"bufio"
	"os"
	"os/user"
	"runtime"
	"strconv"
	"strings"
)

// adminGroup is macOS's group of the people who may become root.
const adminGroup = 80

// isOwnGroup is true for root's group, and for this user's own if it has no other member:
// such private groups go with umask 002.
func isOwnGroup(gid uint32) bool {
	if gid == 0 || runtime.GOOS == "darwin" && gid == adminGroup {
		return true
	}
	me := &user.User{Uid: strconv.Itoa(os.Geteuid()), Gid: strconv.Itoa(os.Getegid())}
	mine := int(gid) == os.Getegid()
	if u, err := user.LookupId(me.Uid); err == nil {
		me = u
		mine = mine || u.Gid == strconv.FormatUint(uint64(gid), 10)
	}
	return mine && isPrivate(gid, me, "/etc/group", "/etc/passwd")
}

// isPrivate is true for a group with one user alone. The files do not list a directory's
// users, and all of those may have this group too. So it also has to have the number or
// the name of the user, as the private groups of useradd(8) and of directories do.
func isPrivate(gid uint32, u *user.User, groups, users string) bool {
	id := strconv.FormatUint(uint64(gid), 10)
	named, own := id == u.Uid, true
	each(groups, func(f []string) { // name:password:gid:members
		if len(f) < 4 || f[2] != id {
			return
		}
		named = named || f[0] != "" && f[0] == u.Username
		for member := range strings.SplitSeq(f[3], ",") {
			own = own && (member == "" || member == "root" || member == u.Username)
		}
	})
	each(users, func(f []string) { // name:password:uid:gid:…
		if len(f) > 3 && f[3] == id && f[2] != "0" && f[2] != u.Uid {
			own = false
		}
	})
	return named && own
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

// ownsHome is true for the user id that owns this account's home: a file server may know
// the person by a number of its own.
func ownsHome(uid int) bool {
	u, err := user.LookupId(strconv.Itoa(os.Geteuid()))
	if err != nil || u.HomeDir == "" {
		return false
	}
	owner, ok := ownerOf(u.HomeDir)
	return ok && owner == uid
}
