package agent

import (
	"context"

	"github.com/portico-desktop/portico/app/portal"
)

// start brings up the known state: from disk first, so that a window has content at once,
// then from the network.
func (a *Agent) start(ctx context.Context) {
	switch {
	case a.p.Rehearse != nil:
		a.rehearse()
		return
	case a.p.Passive:
		a.startedNow()
		return
	}
	address, err := a.configured()
	a.keeper.ShowAgain() // offers without a portal are there at once
	if err != nil {
		a.keeper.Fault(address, err)
		a.resume(ctx, false)
		a.startedNow()
		return
	}
	if address == "" {
		a.life.begin(func() {
			if m, _ := a.keeper.Manifest(); m != nil {
				a.resume(ctx, a.p.AtLogOn)
				a.signInOnce(ctx)
			}
			a.startedNow()
		})
		return
	}
	if cached, ok := a.keeper.UseCopy(); ok {
		a.startedNow()
		if cached.Unexamined {
			a.life.begin(func() { a.keeper.ExamineLogos(a.life.ctx, cached) })
		}
		a.life.begin(func() {
			a.resume(ctx, a.p.AtLogOn)
			if dueAtStart(a.keeper.Snapshot().Stage, a.p.Desktop && a.states.watched()) {
				_ = a.keeper.Renew(ctx)
			}
			a.signInOnce(ctx)
		})
		return
	}
	a.life.begin(func() {
		if m, _ := a.keeper.Manifest(); m != nil {
			a.startedNow()
			a.resume(ctx, a.p.AtLogOn) // nobody waits for a portal that the sign-in does not need
		}
		_ = a.keeper.Renew(ctx)
		a.resume(ctx, a.p.AtLogOn)
		a.startedNow()
		a.signInOnce(ctx)
	})
}

// dueAtStart says whether the portal is asked once its copy has been tried. A copy in use is
// good enough for as long as nobody looks, who would have the portal asked; see due.
func dueAtStart(known portal.Stage, watched bool) bool {
	switch known {
	case portal.Stale, portal.Failing: // there may be nothing to look at
		return true
	case portal.Copied:
		return watched
	}
	return false
}

// configured finds the portal's address and takes it into use, "" for none.
func (a *Agent) configured() (address string, err error) {
	address, err = a.decisions.PortalAddress()
	a.outs.set(a.decisions.Person().SignedOut)
	if err == nil {
		a.keeper.Move(address)
	}
	return address, err
}

// resume signs in silently, unless the person has signed out, and looks after the
// secrets of the providers.
func (a *Agent) resume(ctx context.Context, patience bool) {
	rest := a.outs.rest()
	if a.stores != nil && a.p.Rehearse == nil {
		if err := a.stores.bringBack(ctx, a.folders.locks()); err != nil {
			a.p.Log.To.Warn("sign-ins are still in files; the next start tries again", "error", err)
		}
	}
	if rest {
		a.session.Rest()
	} else {
		a.session.Resume(ctx, patience)
	}
	a.registrations.readSecrets(ctx)
	a.life.begin(func() {
		if a.p.Desktop && !rest {
			a.session.ListAll(a.life.ctx) // for the tray
		}
		a.decisions.Keep()
	})
}

// rehearse takes the manifest for trying into use.
func (a *Agent) rehearse() {
	req := *a.p.Rehearse
	if err := a.keeper.Try(req.Address, req.Manifest); err == nil { // otherwise the keeper tells it
		a.session.Rest()
	}
	a.startedNow()
}

func (a *Agent) startedNow() {
	if a.life.start() {
		a.life.begin(a.decisions.Reconsider)
	}
	a.life.begin(a.decisions.Keep) // policies kept from before may be gone
	a.states.changed()
}

// readCached takes the copy on disk into use, left until somebody needs it.
func (a *Agent) readCached() error {
	if m, _ := a.keeper.Manifest(); m != nil || !a.p.Passive {
		return nil
	}
	if _, err := a.configured(); err != nil {
		return err
	}
	a.keeper.UseCopy()
	return nil
}
