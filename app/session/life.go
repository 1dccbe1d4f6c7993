package session

import (
	"context"
	"sync"
)

// life is how long the session lasts, with the work it has started. The work ends with it
// and is waited for. mu guards it.
type life struct {
	work sync.WaitGroup

	mu   sync.Mutex
	run  context.Context
	over bool // the end waits for the work, and nothing new may start
}

func newLife() *life { return &life{run: context.Background()} }

// bind makes the life end with ctx.
func (l *life) bind(ctx context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.run = ctx
}

// context lasts as long as the session.
func (l *life) context() context.Context {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.run
}

// isOver says whether the session ends, or has ended.
func (l *life) isOver() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.over || l.run.Err() != nil
}

// begin starts f as a part of the work to wait for, and says whether it did: after end,
// nothing is started.
func (l *life) begin(f func(run context.Context)) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return false
	}
	run := l.run
	l.work.Go(func() { f(run) })
	return true
}

// during runs f in the session's own life: a caller may leave without leaving the session
// half-way. It returns when f has ended or ctx has.
func (l *life) during(ctx context.Context, f func(run context.Context) error) error {
	ended := make(chan error, 1)
	if !l.begin(func(run context.Context) { ended <- f(run) }) {
		return context.Canceled
	}
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// end lets nothing new start.
func (l *life) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
}

// wait waits for all started work. It comes after end.
func (l *life) wait() { l.work.Wait() }
