package main

import (
	"context"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
)

// raising is how long the window that is open already may take to hear of it.
const raising = 5 * time.Second

// only says whether this is the only window of this log-on session, and keeps it so until
// release is called. Where the lock cannot be had for another reason, a second
// window is better than none.
func only(paths desktop.Paths) (release func(), ok bool) {
	if err := paths.Make(); err != nil {
		return func() {}, true
	}
	// Several sessions of a user may share the directory, and each has its window.
	lock := flock.New(filepath.Join(paths.Runtime, "window"+desktop.LogOnSession()+".lock"), flock.SetPermissions(0o600))
	got, err := lock.TryLock()
	if err != nil {
		return func() {}, true
	}
	return func() { _ = lock.Unlock() }, got
}

// raise brings the window that is open to the front. It listens itself, so that
// the agent sees somebody to tell and does not start a window in its turn; one
// that is only just opening comes to the front by itself.
func raise(ctx context.Context, agent localapi.Agent) error {
	ctx, cancel := context.WithTimeout(ctx, raising)
	defer cancel()
	asked := false
	for event, err := range agent.Watch(ctx) {
		if err != nil {
			return err
		}
		if event.Type == localapi.EventShow {
			return nil
		}
		if !asked {
			asked = true
			if err := agent.Show(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}
