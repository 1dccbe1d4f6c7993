package desktop

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Neighbour returns the place of another of Portico's programs ("portico",
// "portico-agent", "porticoctl"): beside the file of this one. The program may be
// missing there. An error means that this program's own file cannot be found.
func Neighbour(name string) (string, error) {
	self, err := os.Executable()
	if err == nil {
		self, err = filepath.EvalSymlinks(self)
	}
	if err != nil {
		return "", fmt.Errorf("find this program's file: %w", err)
	}
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return neighbour(filepath.Dir(self), name), nil
}

// The programs' places in Portico.app. The agent has a bundle of its own in there.
// macOS hands a link to any running program of a bundle, and this has to be the window,
// never the agent.
const (
	windowInBundle = ".app/Contents/MacOS"
	agentInBundle  = ".app/Contents/Helpers/PorticoAgent.app/Contents/MacOS"
)

// neighbour is Neighbour for a program in dir.
func neighbour(dir, name string) string {
	slashed := filepath.ToSlash(dir)
	bundle, inAgent := strings.CutSuffix(slashed, agentInBundle)
	if !inAgent {
		var inBundle bool
		if bundle, inBundle = strings.CutSuffix(slashed, windowInBundle); !inBundle {
			return filepath.Join(dir, name)
		}
	}
	place := windowInBundle
	if name == "portico-agent" {
		place = agentInBundle
	}
	return filepath.FromSlash(bundle + place + "/" + name)
}
