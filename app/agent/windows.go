package agent

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
)

// raisePatience is how long an open window may take to tell of its coming to the front. A
// stopped or hanging one never does.
const raisePatience = 2 * time.Second

// windows has a window come to the front: an open one, or a new one. It implements
// [localapi.Windows].
type windows struct {
	life *life
	// open starts the window program, nil for none.
	open func() error
	// watched says whether somebody watches, maybe an open window, and changed has them
	// ask for news.
	watched func() bool
	changed func()
	// looked hears of a window in front: somebody sits before it.
	looked func()

	mu      sync.Mutex // guards the rest
	shows   uint64     // how often a window was asked for
	awaited []*raising // those without an answer by a window yet
}

// raising is a request for a window in front without an answer yet.
type raising struct {
	number  uint64
	display string
	done    chan struct{} // closed by the first window that has come
}

// Show asks for a window; see [localapi.Agent].
func (w *windows) Show(ctx context.Context, req localapi.ShowRequest) (localapi.ShowReport, error) {
	// A window that has only just begun may not watch yet.
	if w.watched() || req.OnlyOpen {
		raised, err := w.raise(ctx, req.Display)
		if raised || err != nil || req.OnlyOpen {
			return localapi.ShowReport{Raised: raised}, err
		}
	}
	if w.open == nil {
		return localapi.ShowReport{}, &localapi.Problem{Code: localapi.Unexpected, Details: &localapi.Details{Error: "there is no window program beside the agent"}}
	}
	return localapi.ShowReport{}, w.open()
}

// showHere is Show on the agent's own display.
func (w *windows) showHere(ctx context.Context) error {
	_, err := w.Show(ctx, localapi.ShowRequest{Display: desktop.Display()})
	return err
}

// raise asks the open windows, and those that begin to watch meanwhile, and says whether
// one has come to the front.
func (w *windows) raise(ctx context.Context, display string) (bool, error) {
	w.mu.Lock()
	w.shows++
	r := &raising{number: w.shows, display: display, done: make(chan struct{})}
	w.awaited = append(w.awaited, r)
	w.mu.Unlock()
	defer w.settled(func(other *raising) bool { return other == r })
	w.changed()
	patience := time.NewTimer(raisePatience)
	defer patience.Stop()
	select {
	case <-r.done:
		return true, nil
	case <-patience.C:
		return false, nil
	case <-ctx.Done():
		return false, context.Cause(ctx)
	case <-w.life.ctx.Done():
		return false, &localapi.Problem{Code: localapi.AgentGone}
	}
}

// Shown notes that a window has come to the front; see [localapi.Agent]. Somebody looks
// then.
func (w *windows) Shown(_ context.Context, req localapi.ShowRequest) error {
	w.looked()
	for _, r := range w.settled(func(r *raising) bool {
		return r.display == "" || req.Display == "" || r.display == req.Display
	}) {
		close(r.done)
	}
	return nil
}

// settled takes away the requests over by now, and returns them.
func (w *windows) settled(over func(*raising) bool) (gone []*raising) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.awaited = slices.DeleteFunc(w.awaited, func(r *raising) bool {
		if over(r) {
			gone = append(gone, r)
			return true
		}
		return false
	})
	return gone
}

// since are the displays of the requests after one with this number, and the number of
// the last one.
func (w *windows) since(number uint64) (displays []string, last uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.awaited {
		if r.number > number {
			displays, number = append(displays, r.display), r.number
		}
	}
	return displays, number
}

// Quit ends the agent; see [localapi.Agent].
func (w *windows) Quit(context.Context) error {
	w.life.end()
	return nil
}
