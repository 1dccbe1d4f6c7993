//go:build !windows

package desktop

import (
	"os"
	"syscall"
)

func succeed(path string, args []string) error {
	return withCoreDumps(func() error { return syscall.Exec(path, append([]string{path}, args...), os.Environ()) })
}
