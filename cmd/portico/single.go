package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
)

// opening is the longest time for a window to open, while another start waits for it to
// come to the front.
const opening = 10 * time.Second

// turn says if this window is the first of this log-on session and display.
type turn struct {
	// first: there is no other.
	first bool
	// fell: the last first window's program ended while it opened it.
	fell bool
	lock *flock.Flock // held by the first
	file string       // of the lock
}

// only takes the turn of the only window of this log-on session and display, and keeps it
// until release is called. If the lock cannot be had for another reason, a second window
// is better than none.
func only(paths desktop.Paths, display string) *turn {
	if err := paths.Make(); err != nil {
		return &turn{first: true}
	}
	return (&turn{file: lockFile(paths, display)}).again()
}

// again is the turn once more, after it was released.
func (t *turn) again() *turn {
	t = &turn{file: t.file, lock: flock.New(t.file, flock.SetFlag(os.O_CREATE|os.O_RDONLY|desktop.NoFollow), flock.SetPermissions(0o600))}
	got, err := t.lock.TryLock()
	t.first = got || err != nil
	if got {
		_, err := os.Stat(diag.OpeningFile(t.file))
		t.fell = err == nil
		_ = diag.BeginOpening(t.file) // without it a crash now is not told of later
	}
	return t
}

// lockFile is held by a window as long as it is open. Several sessions of a user may
// share the directory, and so may several displays; each has its window.
func lockFile(paths desktop.Paths, display string) string {
	name := "window" + desktop.LogOnSession()
	if display != "" {
		sum := sha256.Sum256([]byte(display))
		name += "-" + hex.EncodeToString(sum[:4])
	}
	return filepath.Join(paths.Runtime, name+".lock")
}

// opened notes the first window as seen, or as known to have failed.
func (t *turn) opened() {
	if t.first && t.lock != nil && t.lock.Locked() {
		diag.EndOpening(t.file)
	}
}

// release lets the next window be the first.
func (t *turn) release() {
	if t.lock == nil {
		return
	}
	t.opened()
	_ = t.lock.Unlock()
}

// raise brings the open window to the front, and reports if the window has said so. A
// window just opening is given the time for it.
func (t *turn) raise(ctx context.Context, agent localapi.Agent, display string) (bool, error) {
	for end := time.Now().Add(opening); ; {
		report, err := agent.Show(ctx, localapi.ShowRequest{Display: display, OnlyOpen: true})
		if err != nil || report.Raised {
			return report.Raised, err
		}
		if _, err := os.Stat(diag.OpeningFile(t.file)); err != nil || time.Now().After(end) {
			return false, nil
		}
	}
}
