//go:build !windows

package desktop

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
)

// detached puts a command into a session of its own: Ctrl-C in the terminal
// that started us is not meant for the browser.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

func checkCommand(string) error { return nil }

// openSystem leaves the choice to the system. The command it runs may return
// only when the browser is closed.
func openSystem(address string) error {
	program, err := systemOpener()
	if err != nil {
		return err
	}
	// Its output goes nowhere: os/exec opens the null device for it.
	cmd := exec.Command(program, address)
	cmd.SysProcAttr = detached()
	if isWeb(address) {
		// Who comes here has none that is there, and xdg-open would stop at it.
		cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "BROWSER=") })
	}
	return cmd.Run()
}
