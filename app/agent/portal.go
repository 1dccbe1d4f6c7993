package agent

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/portal"
	"github.com/portico-desktop/portico/app/portal/address"
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/app/settings"
	"github.com/portico-desktop/portico/auth"
)

// newKeeper makes the keeper of the portal, with IT's additions.
func (a *Agent) newKeeper() *portal.Keeper {
	return portal.NewKeeper(portal.KeeperParams{
		Params:    portal.Params{HTTP: a.way.client, CacheDir: a.folders.cache(), Pictures: a.p.Pictures, Log: a.p.Log.To},
		Rehearsal: a.p.Rehearse != nil, Add: a.offer.add,
		Use:      func(seen *portal.Published) error { return a.session.SetProviders(a.offer.signIn(seen)) },
		Explain:  func(err error) *localapi.Problem { return session.Explain(err, session.About{}, time.Now()) },
		FromIT:   func() bool { return a.decisions.Now().Get(policy.PortalURL).Source.Kind.OfIT() },
		Begin:    func(f func(context.Context)) { a.life.begin(func() { f(a.life.ctx) }) },
		Answered: func() { a.session.Reached() },
		Renewed:  func(ctx context.Context) { a.registrations.readSecrets(ctx) },
		Returned: func(ctx context.Context) {
			// With its providers known, a remembered sign-in can be renewed.
			a.resume(ctx, false)
			a.signInOnce(ctx)
		},
		Changed: func() { a.states.changed() },
	})
}

// offer is the portal as it is offered to people, with the additions of IT.
type offer struct {
	decisions *settings.Decisions
	language  string
	// rehearsal: a manifest is tried as it is.
	rehearsal bool
	// person is the signed-in person, nil for nobody, and codes says whether a provider
	// gives codes for another device.
	person func() *auth.Account
	codes  func(provider string) bool
}

// add is the published portal with IT's additions: providers in place of the manifest's,
// and apps before the manifest's. p is nil while nothing was read; then the result is nil
// too, unless people can sign in without a portal.
func (o *offer) add(p *portal.Published) *portal.Published {
	s := o.decisions.Now()
	if o.rehearsal {
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
		out.Manifest = manifest.Manifest{Version: 1, Name: cmp.Or(s.Text(policy.ManagedByName), "Portico")}
	}
	if providers != nil {
		out.Manifest.Providers = providers
	}
	for _, m := range out.Manifest.Menus {
		if !slices.ContainsFunc(menus, func(own manifest.Menu) bool { return own.ID == m.ID }) {
			menus = append(menus, m)
		}
	}
	out.Manifest.Menus = menus
	return &out
}

// signIn are the providers of the portal as people see it, for the engine; none for nil.
func (o *offer) signIn(seen *portal.Published) []auth.Provider {
	if seen == nil {
		return nil
	}
	return narrowed(offered(&seen.Manifest), o.decisions.Now())
}

// examined are the providers for people to sign in with, by the manifest and by IT; m is
// nil for no manifest.
func (o *offer) examined(m *manifest.Manifest) []manifest.Provider {
	var read *portal.Published
	if m != nil {
		read = &portal.Published{Manifest: *m}
	}
	if read = o.add(read); read == nil {
		return nil
	}
	return read.Manifest.Offered()
}

// portal is the portal as people see it, for windows.
func (o *offer) portal(p *portal.Published, phase localapi.Phase) *localapi.Portal {
	m := &p.Manifest
	out := &localapi.Portal{
		Name: m.Name, Host: address.Host(p.Address), Accent: m.Accent, LogoLight: p.Light, LogoDark: p.Dark,
		Support:   supportOf(m),
		Providers: o.providers(m), AddressFirst: addressFirst(m),
	}
	person := manifest.Person{Locale: o.language}
	if who := o.person(); who != nil && (phase == localapi.SignedIn || phase == localapi.Offline) {
		person.Email, person.LoginHint, person.Tenant = who.Email, who.Email, who.Tenant
		if _, domain, ok := strings.Cut(who.Email, "@"); ok {
			person.Domain = domain
		}
	}
	schemes := o.decisions.Now().List(policy.AllowedLinkSchemes)
	for _, menu := range m.Menus {
		if !menu.IsOffered(schemes) {
			continue
		}
		out.Apps = append(out.Apps, localapi.App{
			ID: menu.ID, Title: menu.Title, Icon: menu.Icon, Group: menu.Group, Keywords: menu.Keywords,
			URL: manifest.Link(menu.URL, person),
		})
	}
	return out
}

// providers are the offered ones, for windows.
func (o *offer) providers(m *manifest.Manifest) []localapi.Provider {
	out := make([]localapi.Provider, 0, len(m.Providers))
	for _, p := range offered(m) {
		out = append(out, localapi.Provider{ID: p.ID, Title: p.Name(), Description: p.Description, Codes: o.codes(p.ID)})
	}
	return out
}

// supportOf is how to reach IT: the texts for people, and the links for programs if the
// texts are fit for that.
func supportOf(m *manifest.Manifest) localapi.Support {
	s := m.Support
	return localapi.Support{Email: s.Email, MailTo: manifest.MailTo(s.Email), Phone: s.Phone, Tel: manifest.Telephone(s.Phone), Hours: s.Hours, URL: s.URL}
}
