package agent

import (
	"errors"
	"log/slog"
	"slices"
	"testing"

	"github.com/portico-desktop/portico/app/settings"
)

// Somebody who is back after a sign-out is noted once, and the file says so.
func TestAReturnAfterASignOutIsNotedOnce(t *testing.T) {
	in := false
	var written []bool
	s := &signOuts{signedIn: func() bool { return in }, log: slog.New(slog.DiscardHandler), edit: func(edit func(*settings.Person)) error {
		p := settings.Person{SignedOut: true}
		edit(&p)
		written = append(written, p.SignedOut)
		return nil
	}}
	if in = true; s.returned() {
		t.Error("nobody has signed out")
	}
	in = false
	s.signOut(true)
	s.keep()
	if s.returned() || !s.rest() {
		t.Error("nobody is back yet")
	}
	if in = true; !s.returned() || s.returned() || s.rest() {
		t.Error("it is not said once")
	}
	s.keepBack()
	s.keepBack()
	if !slices.Equal(written, []bool{true, false}) {
		t.Errorf("written: %v", written)
	}
}

// A sign-out that cannot be written is told, and counts in this run.
func TestASignOutThatCannotBeKeptCountsInThisRun(t *testing.T) {
	s := &signOuts{signedIn: func() bool { return false }, log: slog.New(slog.DiscardHandler), edit: func(func(*settings.Person)) error { return errors.New("disk full") }}
	s.signOut(true)
	s.keep()
	if !s.rest() || s.pageAwaited() {
		t.Error("it is forgotten")
	}
	if s.offerPage(); !s.pageAwaited() {
		t.Error("nobody waits for the browser")
	}
}
