package ui

import (
	"context"
	"sync"
	"time"
)

// jobs are the goroutines of a window, and their way back to Fyne's own. The maker of a
// window waits for them when it has closed.
type jobs struct {
	ctx    context.Context
	cancel context.CancelFunc
	group  sync.WaitGroup // every goroutine of the window
	hop    hop
	// doubt hears the end of a call to the agent, on the call's goroutine.
	doubt func(error)
}

func newJobs(ctx context.Context) *jobs {
	j := &jobs{doubt: func(error) {}}
	j.ctx, j.cancel = context.WithCancel(ctx)
	j.hop.ctx = j.ctx
	return j
}

// call runs do in a goroutine of the window's, and then with its error on
// Fyne's, unless the window is closing.
func (j *jobs) call(do func(context.Context) error, then func(error)) {
	j.group.Go(func() {
		err := do(j.ctx)
		j.doubt(err)
		if j.ctx.Err() == nil {
			j.hop.post(func() { then(err) })
		}
	})
}

// after calls f on Fyne's goroutine when d has passed, unless it is stopped
// before.
func (j *jobs) after(d time.Duration, f func()) (stop func()) {
	ctx, cancel := context.WithCancel(j.ctx)
	j.group.Go(func() {
		sleep(ctx, d)
		if ctx.Err() == nil {
			j.hop.post(func() {
				if ctx.Err() == nil {
					f()
				}
			})
		}
	})
	return cancel
}

// every calls f on Fyne's goroutine each time d has passed, until stopped.
func (j *jobs) every(d time.Duration, f func()) (stop func()) {
	ctx, cancel := context.WithCancel(j.ctx)
	j.group.Go(func() {
		t := time.NewTicker(d)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				j.hop.post(func() {
					if ctx.Err() == nil {
						f()
					}
				})
			case <-ctx.Done():
				return
			}
		}
	})
	return cancel
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
