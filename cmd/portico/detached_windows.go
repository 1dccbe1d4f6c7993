package main

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// detached keeps the background program away from the console of the window.
func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		HideWindow:    true,
		CreationFlags: windows.CREATE_NEW_PROCESS_GROUP | windows.DETACHED_PROCESS,
	}
}
