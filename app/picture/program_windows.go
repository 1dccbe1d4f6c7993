package picture

import (
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/windows"
)

// ownProgram is this program.
func ownProgram() (string, error) { return os.Executable() }

// hideWindow keeps a console program from opening a window.
func hideWindow(process *exec.Cmd) {
	process.SysProcAttr = &syscall.SysProcAttr{HideWindow: true, CreationFlags: windows.CREATE_NO_WINDOW}
}
