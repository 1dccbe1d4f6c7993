package desktop

import "golang.org/x/sys/unix"

func mapsUsers() bool { return false }

// isRemote is true if another computer decides the owners of files at a path.
func isRemote(path string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(path, &fs) == nil && fs.Flags&unix.MNT_LOCAL == 0
}

// hasMountedModes is true if the modes at a path come from the way its file system is
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

// grantsOthers is about lists that can take away from a mode. Those of macOS only add to
// it, and are not looked at.
func grantsOthers(string) bool { return false }
