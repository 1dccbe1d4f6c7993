package desktop

import "golang.org/x/sys/unix"

func mapsUsers() bool { return false }

// isRemote says whether another computer says whose the files at a path are.
func isRemote(path string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(path, &fs) == nil && fs.Flags&unix.MNT_LOCAL == 0
}

// grantsOthers is about lists that can take away what the mode says. Those of macOS only
// add to it, and are not looked at.
func grantsOthers(string) bool { return false }
