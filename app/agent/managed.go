package agent

import (
	"context"
	"slices"
	"time"

	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/app/settings"
	"github.com/portico-desktop/portico/auth"
)

// taken takes new decisions into use, as far as a running agent can.
func (a *Agent) taken(before, now policy.Settings) {
	a.record.addPolicies(before, now)
	a.session.SetRules(rules(now))
	if a.p.Log.Level != nil {
		a.p.Log.Level.Set(diag.Level(now.Text(policy.LogLevel)))
	}
	alone := a.keeper.Seen() == nil
	if started := a.life.consider(); !started || a.p.Passive || a.p.Rehearse != nil {
		a.states.changed()
		return
	}
	address, moved, err := a.keeper.Follow(a.decisions.PortalAddress)
	if moved {
		// As with an address set by the person: signing out of one portal says nothing
		// about the other.
		a.outs.set(false)
		a.outs.keep()
	}
	a.keeper.ShowAgain()
	own := alone && a.keeper.Seen() != nil // people can sign in now without a portal
	switch {
	case moved && err != nil:
		a.keeper.Fault(address, err)
	case moved:
		// The maker of the change does not wait for the network.
		a.life.begin(func() {
			_ = a.keeper.Renew(a.life.ctx)
			a.resume(a.life.ctx, false)
		})
	case own, rules(before).Off && !rules(now).Off:
		a.life.begin(func() { a.resume(a.life.ctx, false) })
	}
	a.states.changed()
}

// rules are those for signing in.
func rules(s policy.Settings) session.Rules {
	r := session.Rules{
		Off: !s.On(policy.SignInEnabled), By: s.Text(policy.ManagedByName), DomainHint: s.Text(policy.DomainHint),
		Timeout: time.Duration(s.Number(policy.SignInTimeout)) * time.Second,
	}
	if why := settings.Unclear(s); why != nil {
		r.Off, r.Why = true, why
	}
	remember := s.Get(policy.RememberMe)
	switch {
	case remember.Value == policy.Never:
		r.Remember = session.RememberNever
	case remember.Locked:
		r.Remember = session.RememberAlways // a person who would, may still say no for one sign-in
	}
	return r
}

// narrowed adds IT's decisions for all providers to their descriptions.
func narrowed(providers []auth.Provider, s policy.Settings) []auth.Provider {
	first, last, _ := policy.Ports(s.Text(policy.RedirectPorts))
	for i := range providers {
		p := &providers[i]
		p.Allowed = auth.Allowed{Domains: s.List(policy.AllowedDomains), Tenants: s.List(policy.AllowedTenants)}
		for key, used := range map[policy.Name]*auth.Extension{policy.PAR: &p.PAR, policy.DPoP: &p.DPoP} {
			if how := s.Text(key); how != policy.ByManifest {
				*used = auth.Extension(how)
			}
		}
		if p.Redirect.Port == 0 {
			p.Redirect.FirstPort, p.Redirect.LastPort = first, last
		}
	}
	return providers
}

// asDecided is a provider as the engine knows it, with IT's decisions for all of them.
func asDecided(p manifest.Provider, s policy.Settings) auth.Provider {
	return narrowed([]auth.Provider{described(p)}, s)[0]
}

// signInOnce opens the browser at the first start, if IT wants it: once for good, while
// nobody is known and there is only one provider to choose.
func (a *Agent) signInOnce(ctx context.Context) {
	s := a.decisions.Now()
	if !a.p.Desktop || !s.On(policy.AutoSignIn) {
		return
	}
	current, _ := a.session.Snapshot()
	kept, err := a.decisions.ReadPerson()
	m, missing := a.keeper.Manifest()
	if err != nil || missing != nil || kept.Begun || kept.SignedOut || current.Phase != localapi.SignedOut || len(m.Offered()) != 1 {
		return
	}
	known, listing := a.session.Accounts(ctx)
	if listing != nil || slices.ContainsFunc(known, func(a localapi.Account) bool { return !a.Former }) {
		return
	}
	// Noted first: a browser that opens at every start would be worse than none.
	if err := a.decisions.Edit(func(s *settings.Person) { s.Begun = true }); err != nil {
		a.p.Log.To.Warn("the browser is not opened by itself", "error", err)
		return
	}
	if _, err := a.sessions.SignIn(ctx, localapi.SignInRequest{Open: true}); err != nil {
		a.p.Log.To.Warn("the first sign-in did not begin", "error", err)
	}
}

// examinedPortal is the portal's address. An agent that was never started has not taken
// one into use.
func (a *Agent) examinedPortal() (string, error) {
	if set, err := a.decisions.PortalAddress(); err != nil || !a.life.hasStarted() {
		return set, err
	}
	return a.keeper.Address(), nil
}
