package desktop

import (
	"errors"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/pkg/browser"
	"golang.org/x/sys/windows"
)

// detached keeps Ctrl-C in our console away from the browser.
func detached() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP | windows.DETACHED_PROCESS}
}

// checkCommand refuses batch files: cmd.exe would read the & in an address as
// the beginning of another command.
func checkCommand(name string) error {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".bat", ".cmd":
		return errors.New("a batch file cannot be the browser")
	}
	return nil
}

// openSystem leaves the choice to the system. A browser has no console, so Ctrl-C in
// ours does not reach it.
func openSystem(address string) error { return browser.OpenURL(address) }
