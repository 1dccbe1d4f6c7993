//go:build !windows

package desktop

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/pkg/browser"
)

// detached puts a command into a session of its own: Ctrl-C in our terminal is not
// meant for the browser.
func detached() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

func checkCommand(string) error { return nil }

// openSystem leaves the choice to the system. The command it runs may return
// only when the browser is closed.
func openSystem(address string) error {
	program, err := systemOpener()
	if err != nil {
		silence()
		// It knows of other openers, and waits for them.
		return withCoreDumps(func() error { return browser.OpenURL(address) })
	}
	// Its output goes nowhere: os/exec opens the null device for it.
	cmd := exec.Command(program, address)
	cmd.SysProcAttr = detached()
	if isWeb(address) {
		// No command in BROWSER is there by now, and xdg-open would stop at it.
		cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "BROWSER=") })
	}
	if err := Start(cmd); err != nil {
		return err
	}
	return cmd.Wait()
}

// silence points the output of the library's commands away from ours. It has to be a
// file. With any other writer the library waits until every process with an inherited
// output has closed it, so until the browser ends.
var silence = sync.OnceFunc(func() {
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		browser.Stdout, browser.Stderr = null, null
	}
})
