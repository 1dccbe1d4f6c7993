//go:build !unix

package auth

import (
	"io/fs"
	"log/slog"
)

// checkKeyFile leaves it to the folder's access list, which Go does not show, who
// may read and write a key.
func checkKeyFile(fs.FileInfo, string, *slog.Logger) error { return nil }
