package diag

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// systemName is the distribution's, as os-release(5) has it.
func systemName() string {
	for _, file := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			if name, ok := strings.CutPrefix(line, "PRETTY_NAME="); ok {
				return forDisplay(strings.Trim(strings.TrimSpace(name), `"'`))
			}
		}
	}
	return "Linux"
}

func kernelVersion() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return ""
	}
	return forDisplay(unix.ByteSliceToString(u.Release[:]) + " " + unix.ByteSliceToString(u.Machine[:]))
}
