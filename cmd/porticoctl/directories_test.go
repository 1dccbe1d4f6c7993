package main

import (
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
)

// A list of directories that was misspelt is one that lets everybody in.
func TestDirectoriesLetInAreAlwaysSaid(t *testing.T) {
	const every = "every organisation's"
	for authority, want := range map[string]bool{
		"https://login.microsoftonline.com/organizations/v2.0":                           true,
		"https://login.microsoftonline.com/Common/v2.0/.well-known/openid-configuration": true,
		"https://login.microsoftonline.com/22222222-2222-2222-2222-222222222222/v2.0":    false,
		"https://login.microsoftonline.com/organizations.contoso.example/v2.0/common":    false,
	} {
		p := withKey(clientKey("a", true))
		p.Authority, p.Tenants = authority, nil
		a := newAgent(state(localapi.SignedOut))
		a.providers = []localapi.ProviderSetup{p}
		c := newConsole(a, false)
		if code := c.run(t.Context(), t, "providers"); code != 0 || strings.Contains(c.out.String(), every) != want {
			t.Errorf("%s: exit %d\n%s", authority, code, c.out.String())
		}
	}
}

func TestMisspeltMemberIsTold(t *testing.T) {
	p := public()
	p.Problems = []localapi.Problem{*problem(localapi.ManifestUnknownKey, "field", "providers[0].tenents", "suggestion", "tenants")}
	a := newAgent(state(localapi.SignedOut))
	a.providers = []localapi.ProviderSetup{p}
	c := newConsole(a, false)
	if code := c.run(t.Context(), t, "providers"); code != 0 || !strings.Contains(c.out.String(), "“providers[0].tenents”") || !strings.Contains(c.out.String(), "Perhaps “tenants” was meant.") {
		t.Errorf("exit %d\n%s", code, c.out.String())
	}
	c.json = true
	c.out.Reset()
	if code := c.run(t.Context(), t, "providers", "--json"); code != 0 || !strings.Contains(c.out.String(), "manifest-unknown-key") {
		t.Errorf("exit %d\n%s", code, c.out.String())
	}
}

func TestProvidersSayThatTheManifestIsOld(t *testing.T) {
	old := state(localapi.SignedOut, func(s *localapi.State) {
		s.PortalProblem = problem(localapi.PortalUnreachable, "host", "portal.example")
	})
	for _, args := range [][]string{{"providers"}, {"providers", "--json"}} {
		a := newAgent(old)
		a.providers = []localapi.ProviderSetup{withSecret(localapi.SecretSetup{Set: true})}
		c := newConsole(a, false)
		c.json = len(args) > 1
		if code := c.run(t.Context(), t, args...); code != 0 || !strings.Contains(c.out.String(), "portal.example cannot be reached") || !strings.Contains(c.out.String(), "accounts.google.com") {
			t.Errorf("exit %d\n%s", code, c.out.String())
		}
	}
}
