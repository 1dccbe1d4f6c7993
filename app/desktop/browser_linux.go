package desktop

import (
	"fmt"
	"os/exec"
	"strings"
)

// systemOpener is the program that picks one for an address: xdg-open of xdg-utils, or
// else Debian's alternatives.
func systemOpener() (string, error) {
	programs := []string{"xdg-open", "x-www-browser", "www-browser"}
	for _, name := range programs {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("none of %s: %w", strings.Join(programs, ", "), exec.ErrNotFound)
}
