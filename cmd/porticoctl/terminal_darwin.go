package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// isTerminal says whether a person types into f. /dev/null, which scripts like,
// is a character device too, but has no terminal's settings.
func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TIOCGETA)
	return err == nil
}
