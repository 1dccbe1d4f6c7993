package agent

import (
	"context"
	"iter"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/assets"
)

// Quit ends the agent; see [localapi.Agent].
func (a *Agent) Quit(context.Context) error {
	a.end()
	return nil
}

// State is the present state; see [localapi.Agent].
func (a *Agent) State(context.Context) (localapi.State, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.state(), nil
}

// state composes the snapshot. The caller holds mu.
func (a *Agent) state() localapi.State {
	current, notices := a.session.Snapshot()
	notices = append(notices, a.secretNotices()...)
	if broken := a.decisions.Notice(); broken != nil {
		notices = append(notices, *broken)
	}
	if a.untrusting != nil {
		notices = append(notices, *a.untrusting)
	}
	s := localapi.State{
		API: localapi.Version, Build: assets.Version, Revision: a.revision,
		PortalAddress: a.address, PortalProblem: a.problem, PortalChecked: a.checked,
		Session: current, Notices: notices, Tray: a.trayShown,
	}
	a.decisions.Tell(&s)
	if a.network != nil {
		if known, ok := a.network.Known(); ok {
			s.Network = localNetwork(known)
		}
	}
	if a.published != nil {
		s.Portal = a.localPortal(current.Phase)
	}
	if current.Phase == localapi.Starting && a.started {
		switch {
		case a.address == "" && a.published == nil:
			s.Session.Phase = localapi.Unconfigured
		case a.published == nil && a.problem != nil:
			s.Session.Phase = localapi.SignedOut
		}
	}
	if shut := a.decisions.Now().Unclear(); shut != nil && shut.Key == "" {
		return s // and nobody chooses a portal either
	}
	if a.address == "" && a.published == nil && a.started && current.Account == nil {
		s.Session.Phase = localapi.Unconfigured
	}
	return s
}

// changed wakes everybody who watches.
func (a *Agent) changed() {
	a.mu.Lock()
	a.revision++
	close(a.news)
	a.news = make(chan struct{})
	tray := a.tray
	state := a.state()
	back := a.signedOut && state.Session.Phase == localapi.SignedIn
	if back {
		a.signedOut, a.signedBack = false, true
	}
	a.mu.Unlock()
	a.note(state)
	if back {
		a.begin(a.keepSignedBack)
	}
	if tray != nil {
		tray.Update(state)
	}
	a.stir()
}

// Watch yields the state and its changes; see [localapi.Agent].
func (a *Agent) Watch(ctx context.Context) iter.Seq2[localapi.Event, error] {
	return func(yield func(localapi.Event, error) bool) {
		a.mu.Lock()
		a.watchers++
		var asked uint64 // the last request for a window that was passed on
		unseen := a.p.Desktop && a.address != "" && !a.seen
		stale := a.started && a.published != nil && (a.stale() || unseen)
		a.mu.Unlock()
		a.session.Looked()
		if stale {
			// Somebody looks: an idle agent asks for nothing by itself.
			a.begin(func() { _ = a.renewPortal(a.life) })
		}
		defer func() {
			a.mu.Lock()
			a.watchers--
			a.mu.Unlock()
		}()
		for {
			a.mu.Lock()
			state, news := a.state(), a.news
			shows, last := a.showsSince(asked)
			asked = last
			a.mu.Unlock()
			if !yield(localapi.Event{Type: localapi.EventState, State: &state}, nil) {
				return
			}
			for _, display := range shows {
				if !yield(localapi.Event{Type: localapi.EventShow, Display: display}, nil) {
					return
				}
			}
			select {
			case <-news:
			case <-a.life.Done():
			case <-ctx.Done():
				yield(localapi.Event{}, context.Cause(ctx))
				return
			}
			if a.life.Err() != nil {
				a.mu.Lock()
				replaced := a.replaced
				a.mu.Unlock()
				// Windows stay for a successor, and find it when they ask again.
				if replaced || yield(localapi.Event{Type: localapi.EventQuit}, nil) {
					yield(localapi.Event{}, &localapi.Problem{Code: localapi.AgentGone})
				}
				return
			}
		}
	}
}
