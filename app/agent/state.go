package agent

import (
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/assets"
)

// compose is the state, of what each piece of the agent knows.
func (a *Agent) compose() localapi.State {
	current, notices := a.session.Snapshot()
	notices = append(notices, a.registrations.notices()...)
	if broken := a.decisions.Notice(); broken != nil {
		notices = append(notices, *broken)
	}
	if a.way.untrusting != nil {
		notices = append(notices, *a.way.untrusting)
	}
	started := a.life.hasStarted()
	a.mu.Lock()
	defer a.mu.Unlock()
	s := localapi.State{
		API: localapi.Version, Build: assets.Version,
		PortalAddress: a.address, PortalProblem: a.problem, PortalChecked: a.checked,
		Session: current, Notices: notices, Tray: a.tray.isShown(), Network: a.way.known(),
	}
	a.decisions.Tell(&s)
	if a.published != nil {
		s.Portal = a.localPortal(current.Phase)
	}
	if current.Phase == localapi.Starting && started {
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
	if a.address == "" && a.published == nil && started && current.Account == nil {
		s.Session.Phase = localapi.Unconfigured
	}
	return s
}

// phase is where the session stands.
func (a *Agent) phase() localapi.Phase {
	current, _ := a.session.Snapshot()
	return current.Phase
}

// told passes a change on.
func (a *Agent) told(s localapi.State) {
	back := a.outs.returned()
	a.record.note(s)
	if back {
		a.life.begin(a.outs.keepBack)
	}
	a.tray.update(s)
}

// looked is for somebody who begins to watch. An idle agent asks for nothing by itself.
func (a *Agent) looked() {
	a.mu.Lock()
	unseen := a.p.Desktop && a.address != "" && !a.seen
	stale := a.published != nil && (a.stale() || unseen)
	a.mu.Unlock()
	a.session.Looked()
	if stale && a.life.hasStarted() {
		a.life.begin(func() { _ = a.renewPortal(a.life.ctx) })
	}
}
