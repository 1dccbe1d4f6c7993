package agent

import (
	"context"
	"path/filepath"
	"slices"
	"time"

	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/portal"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/app/settings"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/network"
)

// decisionParams are those for what IT and the person decide.
func (a *Agent) decisionParams() settings.Params {
	return settings.Params{
		Paths: a.p.Paths, Policies: a.p.Policies, Found: a.p.Found, Portal: a.p.Portal, ExtraCAFile: a.p.Network.ExtraCAFile,
		Rehearsal: a.p.Rehearse != nil, Passive: a.p.Passive, Waits: a.p.waits,
		Kept: func() (auth.Store, string) {
			if a.stores == nil {
				return a.p.Store, ""
			}
			return a.stores.ofPolicies()
		},
		Accounts: func() []localapi.Account { return a.session.Listed() },
		Network: func() *localapi.Network {
			if a.network == nil {
				return nil
			}
			return localNetwork(a.network.Settings())
		},
		SetPortal: a.SetPortal,
		Explain:   func(err error) *localapi.Problem { return session.Explain(err, session.About{}, time.Now()) },
		Taken:     a.taken, Begin: a.begin, Life: a.life, Log: a.log,
	}
}

// taken takes into use what has been decided anew, as far as that goes while running.
func (a *Agent) taken(before, now policy.Settings) {
	a.tellOfPolicies(before, now)
	a.session.SetRules(rules(now))
	if a.p.LogLevel != nil {
		a.p.LogLevel.Set(diag.Level(now.Text(policy.LogLevel)))
	}
	a.mu.Lock()
	started, alone := a.started, a.published == nil
	a.unconsidered = !started
	a.mu.Unlock()
	if !started || a.p.Passive || a.p.Rehearse != nil {
		a.changed()
		return
	}
	address, err := a.decisions.PortalAddress()
	a.mu.Lock()
	moved := address != a.address
	if moved {
		a.address, a.read, a.published, a.problem, a.checked, a.retries = address, nil, nil, nil, time.Time{}, 0
		// As with an address that the person sets: who has signed out of one portal has
		// not signed out of the other.
		a.signedOut = false
	}
	a.mu.Unlock()
	if moved {
		a.keepSignedOut()
	}
	a.showing.Lock()
	a.mu.Lock()
	read := a.read
	a.mu.Unlock()
	a.showLocked(read)
	a.showing.Unlock()
	a.mu.Lock()
	own := alone && a.published != nil // people can sign in now without a portal
	a.mu.Unlock()
	switch {
	case moved && err != nil:
		a.fault(address, err)
	case moved:
		// Whoever has changed a setting does not wait for the network.
		a.begin(func() {
			_ = a.renewPortal(a.life)
			a.resume(a.life, false)
		})
	case own, rules(before).Off && !rules(now).Off:
		a.begin(func() { a.resume(a.life, false) })
	}
	a.changed()
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

// narrowed adds to the descriptions of providers what IT says of all of them.
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

// asDecided is a provider as the engine knows it, with what IT says of all of them.
func (a *Agent) asDecided(p portal.Provider) auth.Provider {
	return narrowed([]auth.Provider{described(p)}, a.decisions.Now())[0]
}

// withPolicies is what was published with what IT adds: providers that take the place
// of the manifest's, and apps before the manifest's. p is nil while nothing was read;
// then it is nil too, unless people can sign in without a portal.
func (a *Agent) withPolicies(p *portal.Published) *portal.Published {
	s := a.decisions.Now()
	if a.p.Rehearse != nil {
		return p // a manifest is tried as it is
	}
	providers, _ := settings.Providers(s)
	if p == nil && providers == nil {
		return nil
	}
	menus, _ := settings.Menus(s)
	var out portal.Published
	if p != nil {
		out = *p
	} else {
		a.mu.Lock()
		out.Address = a.address
		a.mu.Unlock()
		out.Manifest = portal.Manifest{Version: 1, Name: firstOf(s.Text(policy.ManagedByName), "Portico")}
	}
	if providers != nil {
		out.Manifest.Providers = providers
	}
	for _, m := range out.Manifest.Menus {
		if !slices.ContainsFunc(menus, func(own portal.Menu) bool { return own.ID == m.ID }) {
			menus = append(menus, m)
		}
	}
	out.Manifest.Menus = menus
	return &out
}

// signInOnce opens the browser at the first start, where IT wants that: once for good,
// where nobody is known and there is no question with which provider.
func (a *Agent) signInOnce(ctx context.Context) {
	s := a.decisions.Now()
	if !a.p.Desktop || !s.On(policy.AutoSignIn) {
		return
	}
	current, _ := a.session.Snapshot()
	kept, err := a.decisions.ReadPerson()
	m, missing := a.manifestAtHand()
	if err != nil || missing != nil || kept.Begun || kept.SignedOut || current.Phase != localapi.SignedOut || len(m.Offered()) != 1 {
		return
	}
	known, listing := a.session.Accounts(ctx)
	if listing != nil || slices.ContainsFunc(known, func(a localapi.Account) bool { return !a.Former }) {
		return
	}
	// Noted first: a browser that opens at every start would be worse than none.
	if err := a.decisions.Edit(func(s *settings.Person) { s.Begun = true }); err != nil {
		a.log.Warn("the browser is not opened by itself", "error", err)
		return
	}
	if _, err := a.SignIn(ctx, localapi.SignInRequest{Open: true}); err != nil {
		a.log.Warn("the first sign-in did not begin", "error", err)
	}
}

// wayOutOptions are how requests leave: IT's word counts before the environment's,
// and the name is always Portico's.
func (a *Agent) wayOutOptions() network.Options {
	o, s := a.p.Network, a.decisions.Now()
	o.UserAgent = userAgent()
	if cache := a.cacheDir(); cache != "" {
		o.AnswersFile = filepath.Join(cache, "proxy-answers.json")
	}
	if proxy := s.Text(policy.Proxy); proxy != "" {
		o.Proxy, o.Bypass = proxy, nil
	}
	o.ProxyAuth, o.Proxies = proxyAuth(s), a.proxies
	if file := s.Get(policy.ExtraCAFile); file.Value != "" && file.Source.Kind != policy.Environment {
		o.ExtraCAFile = s.Text(policy.ExtraCAFile)
	}
	return o
}
