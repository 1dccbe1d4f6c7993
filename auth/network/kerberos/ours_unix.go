//go:build unix

package kerberos

import (
	"io/fs"
	"os"
	"syscall"
)

// ours is true for a file of this person or of root. Root may read anybody's, as told.
func ours(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return !ok || stat.Uid == 0 || os.Geteuid() == 0 || int64(stat.Uid) == int64(os.Geteuid())
}
