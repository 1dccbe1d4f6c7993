package desktop

import (
	"fmt"
	"os/exec"
	"strings"
)

// systemOpener is the program that knows what opens an address: xdg-utils', or the
// alternatives of Debian where those are not installed.
func systemOpener() (string, error) {
	programs := []string{"xdg-open", "x-www-browser", "www-browser"}
	for _, name := range programs {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("none of %s: %w", strings.Join(programs, ", "), exec.ErrNotFound)
}
