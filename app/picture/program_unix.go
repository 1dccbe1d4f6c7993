//go:build unix

package picture

import (
	"os"
	"os/exec"
	"runtime"
)

// ownProgram is this program, also after an upgrade has put another file in its place.
func ownProgram() (string, error) {
	if runtime.GOOS == "linux" {
		return "/proc/self/exe", nil
	}
	return os.Executable()
}

func hideWindow(*exec.Cmd) {}
