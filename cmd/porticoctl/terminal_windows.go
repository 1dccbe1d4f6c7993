package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// isTerminal reports if a person types into f.
func isTerminal(f *os.File) bool {
	var mode uint32
	return windows.GetConsoleMode(windows.Handle(f.Fd()), &mode) == nil
}

// hideTyping stops a console from showing typed text, until show is called.
func hideTyping(f *os.File) (show func(), err error) {
	console := windows.Handle(f.Fd())
	var before uint32
	if err := windows.GetConsoleMode(console, &before); err != nil {
		return nil, err
	}
	if err := windows.SetConsoleMode(console, before&^windows.ENABLE_ECHO_INPUT); err != nil {
		return nil, err
	}
	return func() { _ = windows.SetConsoleMode(console, before) }, nil
}

// takeLongLines has nothing to do: a console's lines are long enough.
func takeLongLines(*os.File) (restore func(), err error) { return func() {}, nil }

// columns is how many characters fit into a line of a console with colours (Windows 10
// and later), 0 for everything else.
func columns(f *os.File) int {
	console := windows.Handle(f.Fd())
	var mode uint32
	if err := windows.GetConsoleMode(console, &mode); err != nil {
		return 0
	}
	if err := windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING); err != nil {
		return 0
	}
	var info windows.ConsoleScreenBufferInfo
	if err := windows.GetConsoleScreenBufferInfo(console, &info); err != nil {
		return 0
	}
	return int(info.Window.Right-info.Window.Left) + 1
}
