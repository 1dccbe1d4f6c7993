//go:build unix

package kerberos

import (
	"io/fs"
	"os"
	"syscall"
)

// ours says that a file is this person's or root's. Root may read whoever's it was told to.
func ours(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return !ok || stat.Uid == 0 || os.Geteuid() == 0 || int64(stat.Uid) == int64(os.Geteuid())
}
