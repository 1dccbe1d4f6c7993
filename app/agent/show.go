package agent

import (
	"context"
	"slices"
	"time"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
)

// raisePatience is how long an open window may take to say that it has come to the
// front. One that is stopped, or hangs, never does.
const raisePatience = 2 * time.Second

// raising is a request for a window in front that none has answered yet.
type raising struct {
	number  uint64
	display string
	done    chan struct{} // closed by the first window that has come
}

// Show asks for a window; see [localapi.Agent].
func (a *Agent) Show(ctx context.Context, req localapi.ShowRequest) (localapi.ShowReport, error) {
	a.mu.Lock()
	open := a.watchers > 0
	a.mu.Unlock()
	// A window that has only just begun may not watch yet.
	if open || req.OnlyOpen {
		raised, err := a.raise(ctx, req.Display)
		if raised || err != nil || req.OnlyOpen {
			return localapi.ShowReport{Raised: raised}, err
		}
	}
	if a.p.OpenWindow == nil {
		return localapi.ShowReport{}, &localapi.Problem{Code: localapi.Unexpected, Details: &localapi.Details{Error: "there is no window program beside the agent"}}
	}
	return localapi.ShowReport{}, a.p.OpenWindow()
}

// showHere is Show on the agent's own display.
func (a *Agent) showHere(ctx context.Context) error {
	_, err := a.Show(ctx, localapi.ShowRequest{Display: desktop.Display()})
	return err
}

// raise asks the windows that are open, and those that begin to watch meanwhile, and
// says whether one has come to the front.
func (a *Agent) raise(ctx context.Context, display string) (bool, error) {
	a.mu.Lock()
	a.shows++
	r := &raising{number: a.shows, display: display, done: make(chan struct{})}
	a.awaited = append(a.awaited, r)
	a.mu.Unlock()
	defer a.settled(func(other *raising) bool { return other == r })
	a.changed()
	patience := time.NewTimer(raisePatience)
	defer patience.Stop()
	select {
	case <-r.done:
		return true, nil
	case <-patience.C:
		return false, nil
	case <-ctx.Done():
		return false, context.Cause(ctx)
	case <-a.life.Done():
		return false, &localapi.Problem{Code: localapi.AgentGone}
	}
}

// Shown notes that a window has come to the front; see [localapi.Agent]. Somebody looks
// then.
func (a *Agent) Shown(_ context.Context, req localapi.ShowRequest) error {
	a.session.Looked()
	a.session.TryStore()
	for _, r := range a.settled(func(r *raising) bool {
		return r.display == "" || req.Display == "" || r.display == req.Display
	}) {
		close(r.done)
	}
	return nil
}

// settled takes away the requests that are waited for no more, and returns them.
func (a *Agent) settled(over func(*raising) bool) (gone []*raising) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.awaited = slices.DeleteFunc(a.awaited, func(r *raising) bool {
		if over(r) {
			gone = append(gone, r)
			return true
		}
		return false
	})
	return gone
}

// showsSince are the displays of the requests after one with this number, and the
// number of the last one. The caller holds mu.
func (a *Agent) showsSince(number uint64) (displays []string, last uint64) {
	for _, r := range a.awaited {
		if r.number > number {
			displays, number = append(displays, r.display), r.number
		}
	}
	return displays, number
}
