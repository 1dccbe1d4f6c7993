package session

import (
	"context"
	"errors"
	"testing"
)

func TestLifeStartsNothingAfterItsEnd(t *testing.T) {
	l := newLife()
	ctx, cancel := context.WithCancel(t.Context())
	l.bind(ctx)
	release, done := make(chan struct{}), make(chan struct{})
	if !l.begin(func(run context.Context) { <-run.Done(); <-release; close(done) }) {
		t.Fatal("nothing starts at all")
	}
	if l.isOver() {
		t.Error("it is over at its beginning")
	}
	cancel()
	if !l.isOver() {
		t.Error("it goes on after its context")
	}
	l.end()
	if l.begin(func(context.Context) { t.Error("started after the end") }) {
		t.Error("something is said to have started after the end")
	}
	if err := l.during(t.Context(), func(context.Context) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
	close(release)
	l.wait()
	select {
	case <-done:
	default:
		t.Error("what was started is not waited for")
	}
}

func TestWorkGoesOnWhenItsCallerHasGone(t *testing.T) {
	l := newLife()
	gone := errors.New("gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	release, done := make(chan struct{}), make(chan error, 1)
	err := l.during(ctx, func(run context.Context) error {
		cancel(gone)
		<-release
		done <- run.Err()
		return nil
	})
	if !errors.Is(err, gone) {
		t.Errorf("err = %v", err)
	}
	close(release)
	l.end()
	l.wait()
	if err := <-done; err != nil {
		t.Errorf("it ended with its caller: %v", err)
	}
	l = newLife()
	want := errors.New("as it went")
	if err := l.during(t.Context(), func(context.Context) error { return want }); err != want {
		t.Errorf("err = %v", err)
	}
}
