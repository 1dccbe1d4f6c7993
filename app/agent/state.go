package agent

import (
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/portal"
	"github.com/portico-desktop/portico/assets"
)

// compose makes the state, of the knowledge of all pieces of the agent.
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
	site := a.keeper.Snapshot()
	s := localapi.State{
		API: localapi.Version, Build: assets.Version,
		PortalAddress: site.Address, PortalProblem: site.Problem, PortalChecked: site.Checked,
		Session: current, Notices: notices, Tray: a.tray.isShown(), Network: a.way.known(),
	}
	a.decisions.Tell(&s)
	if site.Seen != nil {
		s.Portal = a.offer.portal(site.Seen, current.Phase)
	}
	if current.Phase == localapi.Starting && started {
		switch {
		case site.Address == "" && site.Seen == nil:
			s.Session.Phase = localapi.Unconfigured
		case site.Seen == nil && site.Problem != nil:
			s.Session.Phase = localapi.SignedOut
		}
	}
	if shut := a.decisions.Now().Unclear(); shut != nil && shut.Key == "" {
		return s // and nobody chooses a portal either
	}
	if site.Address == "" && site.Seen == nil && started && current.Account == nil {
		s.Session.Phase = localapi.Unconfigured
	}
	return s
}

// phase is the session's.
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
	due := due(a.keeper.Snapshot(), a.p.Desktop)
	a.session.Looked()
	if due && a.life.hasStarted() {
		a.life.begin(func() { _ = a.keeper.Renew(a.life.ctx) })
	}
}

// due says whether the portal is asked now, because somebody looks. A copy is good enough
// for a program that does not stay.
func due(site portal.Snapshot, stays bool) bool {
	switch site.Stage {
	case portal.Nowhere, portal.Fresh:
		return false
	case portal.Copied:
		return stays
	}
	return site.Seen != nil
}
