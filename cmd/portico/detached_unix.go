//go:build unix

package main

import "syscall"

// detached gives the background program a session of its own, so that it does
// not end with the terminal that the window was started from.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
