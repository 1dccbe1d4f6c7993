package agent

import (
	"context"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/portal/manifest"
)

// start brings up what is known: from disk first, so that a window has content
// at once, then from the network.
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
	a.show(nil) // what needs no portal is there at once
	if err != nil {
		a.fault(address, err)
		a.resume(ctx, false)
		a.startedNow()
		return
	}
	if address == "" {
		a.life.begin(func() {
			if m, _ := a.manifestAtHand(); m != nil {
				a.resume(ctx, a.p.AtLogOn)
				a.signInOnce(ctx)
			}
			a.startedNow()
		})
		return
	}
	if cached, ok := a.reader.Cached(address); ok {
		a.publish(cached)
		a.startedNow()
		if cached.Unexamined {
			a.life.begin(func() { a.examineLogos(cached) })
		}
		a.life.begin(func() {
			a.resume(ctx, a.p.AtLogOn)
			if time.Now().After(cached.Expires) || a.unseen() {
				_ = a.renewPortal(ctx)
			}
			a.signInOnce(ctx)
		})
		return
	}
	a.life.begin(func() {
		if m, _ := a.manifestAtHand(); m != nil {
			a.startedNow()
			a.resume(ctx, a.p.AtLogOn) // nobody waits for a portal that is not needed for that
		}
		_ = a.renewPortal(ctx)
		a.resume(ctx, a.p.AtLogOn)
		a.startedNow()
		a.signInOnce(ctx)
	})
}

// unseen says that somebody looks at a copy, whose age says nothing about whether the
// portal answers now. Whoever begins to look later has it read; see Watch.
func (a *Agent) unseen() bool {
	if !a.p.Desktop || !a.states.watched() {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return !a.seen
}

// configured finds the portal's address and takes it into use, "" for none.
func (a *Agent) configured() (address string, err error) {
	address, err = a.decisions.PortalAddress()
	a.outs.set(a.decisions.Person().SignedOut)
	if err == nil {
		a.mu.Lock()
		a.address = address
		a.mu.Unlock()
	}
	return address, err
}

// resume signs in silently, unless the person has signed out, and looks after the
// secrets of the providers.
func (a *Agent) resume(ctx context.Context, patience bool) {
	rest := a.outs.rest()
	if a.stores != nil && a.p.Rehearse == nil {
		if err := a.stores.bringBack(ctx, a.folders.locks()); err != nil {
			a.log.Warn("sign-ins are still in files; the next start tries again", "error", err)
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

// rehearse takes the manifest into use that is to be tried.
func (a *Agent) rehearse() {
	req := *a.p.Rehearse
	p, err := a.reader.FromBytes(req.Address, req.Manifest)
	if err != nil {
		a.fault(req.Address, err)
	} else {
		a.mu.Lock()
		a.address = req.Address
		a.mu.Unlock()
		a.publish(p)
		a.session.Rest()
	}
	a.startedNow()
}

func (a *Agent) startedNow() {
	if a.life.start() {
		a.life.begin(a.decisions.Reconsider)
	}
	a.life.begin(a.decisions.Keep) // what is kept of policies that are gone goes as well
	a.states.changed()
}

// readCached takes the copy on disk into use, where that was left until somebody
// needs it.
func (a *Agent) readCached() error {
	if m, _ := a.manifestAtHand(); m != nil || !a.p.Passive {
		return nil
	}
	address, err := a.configured()
	if err != nil {
		return err
	}
	if cached, ok := a.reader.Cached(address); ok {
		a.publish(cached)
	}
	return nil
}

func (a *Agent) manifestAtHand() (*manifest.Manifest, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.published != nil:
		return &a.published.Manifest, nil
	case a.problem != nil:
		return nil, a.problem
	}
	return nil, &localapi.Problem{Code: localapi.NoPortal}
}
