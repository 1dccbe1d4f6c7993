//go:build !windows

package diag

import (
	"os"

	"github.com/portico-desktop/portico/app/desktop"
)

// createShared makes a file anew. Others may remove it while it is open.
func createShared(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND|desktop.NoFollow, 0o600)
}
