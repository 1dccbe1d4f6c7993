package ui

import (
	"reflect"
	"slices"

	"github.com/portico-desktop/portico/app/localapi"
)

// providerTitle is a provider's title, "" if unknown.
func (a *agent) providerTitle(id string) string {
	if a.state.Portal != nil {
		for _, p := range a.state.Portal.Providers {
			if p.ID == id {
				return p.Title
			}
		}
	}
	return ""
}

// provider is the provider with this id, nil for none.
func (a *agent) provider(id string) *localapi.Provider {
	if a.state.Portal != nil {
		for i, p := range a.state.Portal.Providers {
			if p.ID == id {
				return &a.state.Portal.Providers[i]
			}
		}
	}
	return nil
}

// signInTitle names the provider of a sign-in, or the portal if it has no name.
func (a *agent) signInTitle(in *localapi.SignIn) string {
	if title := a.providerTitle(in.Provider); title != "" {
		return title
	}
	return a.title()
}

// title is the window's title.
func (a *agent) title() string {
	if p := a.state.Portal; p != nil && p.Name != "" {
		return p.Name
	}
	return "Portico"
}

// othersMayWork says whether the trouble concerns one way in among several, and holds up
// nobody's sign-in: the door offers the others. An unreadable key store is another
// matter, because its sign-in comes back with it.
func (a *agent) othersMayWork() bool {
	s, p := a.state.Session, a.state.Portal
	switch {
	case p == nil, s.Account != nil, s.Phase != localapi.Blocked && s.Phase != localapi.NeedsSignIn,
		ofKeyStore(s.Problem):
		return false
	}
	return len(p.Providers) > 1 || p.AddressFirst
}

// accountID names the account of a session, "" for none.
func accountID(s localapi.Session) string {
	if s.Account == nil {
		return ""
	}
	return s.Account.ID
}

// sameDecisions says whether the portal and IT's decisions are the same. A setting
// changed by the person does not count.
func sameDecisions(a, b localapi.State) bool {
	locked := func(s localapi.State) []localapi.Setting {
		return slices.DeleteFunc(slices.Clone(s.Settings), func(s localapi.Setting) bool { return !s.Locked })
	}
	return a.PortalAddress == b.PortalAddress && a.Kiosk == b.Kiosk && reflect.DeepEqual(a.Portal, b.Portal) &&
		reflect.DeepEqual(a.Managed, b.Managed) && slices.EqualFunc(locked(a), locked(b), func(a, b localapi.Setting) bool {
		return a.Key == b.Key && a.Value == b.Value
	})
}
