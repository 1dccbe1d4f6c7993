package identity_test

import (
	"strings"
	"testing"

	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/cmd/internal/gateway/identity"
	"github.com/portico-desktop/portico/cmd/internal/gateway/settings"
)

// contoso is a customer with a directory at Entra.
func contoso(p *identity.Params) {
	p.Organizations = []settings.Organization{
		{ID: "contoso", Name: "Contoso", Tenants: []string{authtest.EntraTenant}, Domains: []string{"contoso.example"}},
		{ID: "fabrikam", Name: "Fabrikam", Tenants: []string{authtest.EntraOther}, Domains: []string{"fabrikam.example"}},
	}
	p.Roles = []settings.Role{{Feature: "organization", Organizations: []string{"contoso"}}}
}

// An address counts only where the provider vouches for it, and only in the organization of the
// directory that the person comes from.
func TestWhoIsWho(t *testing.T) {
	member, guest := authtest.Claim("acct", 0), authtest.Claim("acct", 1)
	ada := authtest.Ada().Email
	for _, test := range []struct {
		name                  string
		claims                []authtest.Fault
		organization, address string
		roles                 int
	}{
		{"a member of the customer's directory", []authtest.Fault{member}, "contoso", ada, 2},
		{"not said to be a member", nil, "", "", 1},
		{"a guest in it", []authtest.Fault{guest}, "", "", 1},
		{"with a foreign address", []authtest.Fault{member, authtest.Claim("email", "eve@fabrikam.example")}, "contoso", "", 2},
		{"with a lookalike", []authtest.Fault{member, authtest.Claim("email", "ada@contoso.example.evil.example")}, "contoso", "", 2},
		{"with the name of the sign-in alone", []authtest.Fault{member, authtest.Claim("email", nil)}, "contoso", ada, 2},
		{"without an address", []authtest.Fault{member, authtest.Claim("email", nil), authtest.Claim("preferred_username", nil)}, "contoso", "", 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, contoso, authtest.WithEntra(authtest.EntraOptions{}))
			who, err := w.identity.Check(t.Context(), w.enter(append(test.claims, authtest.Claim("email_verified", nil))...))
			if err != nil {
				t.Fatal(err)
			}
			if who.Organization != test.organization || who.Address != test.address || len(who.Roles) != test.roles {
				t.Errorf("%+v", who)
			}
		})
	}
}

// An administrator of another directory writes a customer's address to somebody.
func TestForeignTenantWithACustomersAddressIsNobodyThere(t *testing.T) {
	eve := authtest.Ada()
	eve.Subject = "sub-eve"
	w := newWorld(t, contoso, authtest.WithEntra(authtest.EntraOptions{}))
	ada, err := w.identity.Check(t.Context(), w.enter(authtest.Claim("acct", 0)))
	if err != nil {
		t.Fatal(err)
	}
	foreign := func(claims map[string]any) {
		claims["iss"] = strings.ReplaceAll(claims["iss"].(string), authtest.EntraTenant, authtest.EntraOther)
		claims["tid"], claims["oid"], claims["sub"], claims["acct"] = authtest.EntraOther, "99999999-cccc-4000-8000-000000000009", "sub-eve", 0
	}
	found, err := w.identity.Check(t.Context(), w.enter(authtest.IDToken(foreign)))
	if err != nil {
		t.Fatal(err)
	}
	if found.Row == ada.Row || found.Organization == "contoso" || found.Address != "" {
		t.Errorf("%+v", found)
	}
}

func TestAddressStaysWithWhoeverHadItFirst(t *testing.T) {
	w := newWorld(t, nil)
	first, err := w.identity.Check(t.Context(), w.enter())
	if err != nil {
		t.Fatal(err)
	}
	// The same person comes with another one, and another person with the first one.
	moved, err := w.identity.Check(t.Context(), w.enter(authtest.Claim("email", "new@contoso.example")))
	if err != nil || moved.Row != first.Row || moved.Address != first.Address {
		t.Errorf("%+v, %v; was %+v", moved, err, first)
	}
	second, err := w.identity.Check(t.Context(), w.enter(authtest.Claim("sub", "somebody-else")))
	if err != nil || second.Row == first.Row || second.Address != "" {
		t.Errorf("%+v, %v", second, err)
	}
}
