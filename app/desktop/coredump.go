package desktop

import (
	"os/exec"
	"sync"
)

// coreDumps is how this process began, nil as long as it dumps as it began. Such limits
// belong to the process and not to any part of it.
var coreDumps struct {
	sync.Mutex
	begun *coreLimits
}

// NoCoreDumps keeps this process's memory, and the tokens in it, out of core dumps from
// now on. Programs started by [Start] get the limits that this one began with. Windows
// makes none of programs in Go.
func NoCoreDumps() {
	coreDumps.Lock()
	defer coreDumps.Unlock()
	if coreDumps.begun == nil {
		begun := currentCoreLimits()
		coreDumps.begun = &begun
		begun.none().set()
	}
}

// Start starts another program: a browser, a dialog, the window. That program keeps its
// core dumps: this process's secrets are no reason to go without.
func Start(cmd *exec.Cmd) error { return withCoreDumps(cmd.Start) }

// withCoreDumps does something that hands this process's limits on: starting another
// program, or becoming one. Nothing but this returns to them, and only as long as it
// takes.
func withCoreDumps(do func() error) error {
	coreDumps.Lock()
	defer coreDumps.Unlock()
	if coreDumps.begun != nil {
		coreDumps.begun.set()
		defer coreDumps.begun.none().set()
	}
	return do()
}
