//go:build unix

package main

import "syscall"

// detached gives the background program a session of its own, so it does not end with the
// window's terminal.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }
