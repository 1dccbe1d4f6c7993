//go:build linux || darwin

package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// isTerminal reports if a person types into f. /dev/null is a character device too and
// liked by scripts, but has no terminal's settings.
func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), getTerminal)
	return err == nil
}

// hideTyping stops a terminal from showing typed text, until show is called.
func hideTyping(f *os.File) (show func(), err error) {
	return configure(f, func(t *unix.Termios) { t.Lflag &^= unix.ECHO })
}

// takeLongLines lets a terminal hand over lines of any length, until restore is called:
// by itself it cuts them off (at 4095 bytes on Linux, 1023 on macOS), and the address a
// browser ended at may be longer. The backspace key is no more than a character then.
func takeLongLines(f *os.File) (restore func(), err error) {
	return configure(f, func(t *unix.Termios) {
		t.Lflag &^= unix.ICANON | unix.ECHOCTL // shows a line end as one
		t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	})
}

func configure(f *os.File, change func(*unix.Termios)) (restore func(), err error) {
	before, err := unix.IoctlGetTermios(int(f.Fd()), getTerminal)
	if err != nil {
		return nil, err
	}
	after := *before
	change(&after)
	if err := unix.IoctlSetTermios(int(f.Fd()), setTerminal, &after); err != nil {
		return nil, err
	}
	return func() { _ = unix.IoctlSetTermios(int(f.Fd()), setTerminal, before) }, nil
}

// columns is how many characters fit into a line of a terminal with colours, 0 for
// everything else.
func columns(f *os.File) int {
	if term := os.Getenv("TERM"); term == "" || term == "dumb" {
		return 0
	}
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(size.Col)
}
