//go:build !unix

package auth

import (
	"io/fs"
	"log/slog"
)

// checkKeyFile leaves reading and writing of a key to the folder's access list: Go does
// not show it.
func checkKeyFile(fs.FileInfo, string, *slog.Logger) error { return nil }
