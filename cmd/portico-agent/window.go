package main

import (
	"fmt"
	"os"
	"os/exec"

	"github.com/portico-desktop/portico/app/desktop"
)

// windowStarter finds the window program beside this one; nil if there is none, as on a
// server.
func windowStarter(dataDir string) func() error {
	window, err := desktop.Neighbour("portico")
	if err != nil {
		return nil
	}
	if _, err := os.Stat(window); err != nil {
		return nil
	}
	return func() error {
		cmd := exec.Command(window)
		if dataDir != "" {
			cmd.Args = append(cmd.Args, "--data-dir", dataDir)
		}
		if err := desktop.Start(cmd); err != nil {
			return fmt.Errorf("starting %s: %w", window, err)
		}
		// The window outlives nobody: it may end first or last, and only must not stay
		// behind as a zombie.
		go func() { _ = cmd.Wait() }()
		return nil
	}
}
