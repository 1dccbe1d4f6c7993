//go:build !windows

package desktop

import "syscall"

// detached puts a command into a session of its own: Ctrl-C in the terminal
// that started us is not meant for the browser.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

func checkCommand(string) error { return nil }
