//go:build linux

package stage

import (
	"fmt"
	"os/exec"
)

// packages says which Debian package has a program.
func packages() map[string]string {
	return map[string]string{
		"Xvfb":                 "xvfb",
		"openbox":              "openbox",
		"xdotool":              "xdotool",
		"xwininfo":             "x11-utils",
		"xev":                  "x11-utils",
		"import":               "imagemagick",
		"dbus-daemon":          "dbus",
		"gnome-keyring-daemon": "gnome-keyring",
		"taskset":              "util-linux",
		"chromium":             "chromium",
		"firefox-esr":          "firefox-esr",
		"curl":                 "curl",
		"ip":                   "iproute2",
		"xdg-open":             "xdg-utils",
		"node":                 "nodejs (20 or newer)",
		"npm":                  "npm",
	}
}

// Missing says that a program needed by the stage is not installed.
type Missing struct{ Program, Package string }

func (m *Missing) Error() string {
	if m.Package == "" {
		return fmt.Sprintf("%s is not there", m.Program)
	}
	return fmt.Sprintf("%s is not installed; install the system package %s", m.Program, m.Package)
}

func missing(program string) error {
	return &Missing{Program: program, Package: packages()[program]}
}

// Require returns a [*Missing] for the first of the programs that is not installed.
func Require(programs ...string) error {
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			return missing(program)
		}
	}
	return nil
}
