package manifest

import (
	"fmt"

	"github.com/portico-desktop/portico/app/portal/address"
	"github.com/portico-desktop/portico/auth/fetch"
)

// ParseServed is [Parse] for a manifest served by the portal with the address from. A
// provider is not used if a portal may not lead to its authority. The others are: their
// people are not shut out for it.
//
// Errors: as Parse; [Invalid] as well for no provider left to sign in with.
func ParseServed(raw []byte, from string) (*Manifest, error) {
	m, err := Parse(raw, address.Host(from))
	if err != nil {
		return nil, err
	}
	var kept []Provider
	var wrong error
	for i, p := range m.Providers {
		described, err := p.Auth()
		if err == nil {
			_, err = fetch.CheckFrom(from, described.Authority)
		}
		if err == nil {
			kept = append(kept, p)
			continue
		}
		field := fmt.Sprintf("providers[%d].authority", i)
		m.unused(field, "is no good: %v; nobody can sign in with it", err)
		if wrong == nil && p.IsEnabled() {
			wrong = invalid(address.Host(from), field, "is no good: %v", err)
		}
	}
	m.keepTo(from)
	if m.Providers = kept; wrong != nil && len(m.Offered()) == 0 {
		return nil, wrong
	}
	return m, nil
}
