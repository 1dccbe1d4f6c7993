package desktop

import (
	"fmt"
	"os"
	"path/filepath"
)

func systemPaths() (Paths, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return Paths{}, fmt.Errorf("find the home directory: %w", err)
	}
	caches := filepath.Join(home, "Library", "Caches", appID)
	return Paths{
		Data:  filepath.Join(home, "Library", "Application Support", appID),
		Cache: filepath.Join(caches, "cache"),
		Logs:  filepath.Join(home, "Library", "Logs", appID),
		// macOS has no place for the length of a log-on session.
		Runtime: filepath.Join(caches, "run"),
	}, nil
}
