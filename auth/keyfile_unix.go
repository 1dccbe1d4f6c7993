//go:build unix

package auth

import (
	"errors"
	"io/fs"
	"log/slog"
)

// checkKeyFile refuses a private key in a file everybody can write, and warns of one
// others can read.
func checkKeyFile(info fs.FileInfo, path string, log *slog.Logger) error {
	switch mode := info.Mode().Perm(); {
	case mode&0o002 != 0:
		return errors.New("everybody may write to it; take that away with chmod o-w")
	case mode&0o044 != 0:
		log.Warn("the private key can be read by others; take that away with chmod go-rwx", "file", path)
	}
	return nil
}
