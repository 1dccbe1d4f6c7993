package desktop

import "golang.org/x/sys/unix"

func mapsUsers() bool { return false }

// isRemote says whether another computer says whose the files at a path are.
func isRemote(path string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(path, &fs) == nil && fs.Flags&unix.MNT_LOCAL == 0
}

// hasMountedModes says whether the modes at a path come from how its file system is
// mounted.
func hasMountedModes(path string) bool {
	var fs unix.Statfs_t
	if unix.Statfs(path, &fs) != nil {
		return false
	}
	switch unix.ByteSliceToString(fs.Fstypename[:]) {
	case "smbfs", "webdav", "msdos", "exfat", "ntfs", "macfuse":
		return true
	}
	return false
}

// grantsOthers is about lists that can take away what the mode says. Those of macOS only
// add to it, and are not looked at.
func grantsOthers(string) bool { return false }
