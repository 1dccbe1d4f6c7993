package main

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy/policytest"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// TestThePortalOfASignInIsKept: --portal is kept once somebody has signed in there, and
// PORTICO_PORTAL is not.
func TestThePortalOfASignInIsKept(t *testing.T) {
	idp, site := company(t)
	store := vault.New(vault.Params{Service: "test", Backend: authtest.NewKeyStore()})
	dir := t.TempDir()
	run := func(browser bool, env string, args ...string) (int, string) {
		c := newConsole(nil, false)
		c.connect, c.store, c.policies = connect, store, policytest.None
		c.environment["PORTICO_PORTAL"] = env
		c.browse = func(context.Context, string) error { return errors.New("no browser") }
		if browser {
			c.browse = personInBrowser(idp.Issuer())
		}
		code := c.run(t.Context(), t, append(args, "--json", "--data-dir", dir)...)
		return code, c.out.String()
	}
	for _, step := range []struct {
		says    string
		browser bool
		env     string
		args    []string
		exit    int
	}{
		{"nothing is set up", true, "", []string{"status"}, localapi.ExitConfig},
		{"who does not sign in keeps nothing", false, "", []string{"login", "--portal", site.URL(), "--timeout", "1s"}, localapi.ExitCancelled},
		{"still nothing", true, "", []string{"status"}, localapi.ExitConfig},
		{"an address of the environment", true, site.URL(), []string{"login"}, 0},
		{"is gone in the next run", true, "", []string{"status"}, localapi.ExitConfig},
		{"one that is no portal", true, "", []string{"login", "--portal", "http://127.0.0.1:1"}, localapi.ExitUnreachable},
		{"one before that of the environment", true, "http://127.0.0.1:1", []string{"login", "--portal", site.URL()}, 0},
		{"stays", true, "", []string{"status"}, 0},
	} {
		if code, out := run(step.browser, step.env, step.args...); code != step.exit {
			t.Errorf("%s: exit %d, want %d\n%s", step.says, code, step.exit, out)
		}
	}
}

// A running agent that nobody could sign in with at the new portal has its own again.
func TestThePortalIsGivenBack(t *testing.T) {
	for name, tc := range map[string]struct {
		flag string
		want []any
	}{
		"--portal":       {"https://other.example", []any{localapi.PortalRequest{Address: "https://other.example", ForRun: true}, localapi.PortalRequest{ForRun: true}}},
		"PORTICO_PORTAL": {"", []any{localapi.PortalRequest{Address: "https://other.example", ForRun: true}, localapi.PortalRequest{ForRun: true}}},
	} {
		a := newAgent(state(localapi.SignedOut))
		a.check = localapi.PortalCheck{Address: "https://other.example"}
		a.errs["SignIn"] = problem(localapi.ProviderUnreachable)
		a.after["SetPortal"] = []localapi.State{state(localapi.SignedOut, func(s *localapi.State) { s.PortalAddress = "https://other.example" })}
		c := newConsole(a, false)
		args := []string{"login"}
		if tc.flag != "" {
			args = append(args, "--portal", tc.flag)
		} else {
			c.environment["PORTICO_PORTAL"] = "https://other.example"
		}
		if code := c.run(t.Context(), t, args...); code != localapi.ExitUnreachable {
			t.Errorf("%s: exit %d", name, code)
		}
		var set []any
		for i, what := range a.asked {
			if req, ok := what.(localapi.PortalRequest); ok && i > 0 { // the first one only looks
				set = append(set, req)
			}
		}
		if diff := cmp.Diff(tc.want, set); diff != "" {
			t.Errorf("%s: set (-want +got):\n%s", name, diff)
		}
	}
}

// Of a running agent too: --portal is kept once somebody has signed in there, also where
// it has that portal for its run already, and PORTICO_PORTAL is not.
func TestARunningAgentKeepsThePortalOfASignIn(t *testing.T) {
	const address = "https://portal.example"
	for name, tc := range map[string]struct {
		args []string
		env  string
		had  string
		want []any
	}{
		"another":              {[]string{"--portal", address}, "", "https://old.example", []any{localapi.PortalRequest{Address: address, ForRun: true}, localapi.PortalRequest{Address: address}}},
		"its own":              {[]string{"--portal", address}, "", address, []any{localapi.PortalRequest{Address: address}}},
		"of the environment":   {nil, address, "https://old.example", []any{localapi.PortalRequest{Address: address, ForRun: true}}},
		"its own, of the same": {nil, address, address, nil},
	} {
		a := newAgent(state(localapi.SignedOut, func(s *localapi.State) { s.PortalAddress = tc.had }))
		a.check = localapi.PortalCheck{Address: address}
		a.after["SetPortal"] = []localapi.State{state(localapi.SignedIn)}
		a.signIn = signIn()
		a.after["SignIn"] = []localapi.State{waiting(localapi.StageBrowser), state(localapi.SignedIn)}
		c := newConsole(a, false)
		c.environment["PORTICO_PORTAL"] = tc.env
		if code := c.run(t.Context(), t, append([]string{"login"}, tc.args...)...); code != 0 {
			t.Errorf("%s: exit %d\n%s", name, code, &c.progress)
		}
		var set []any
		looked := false
		for _, what := range a.asked {
			req, ok := what.(localapi.PortalRequest)
			if ok && looked {
				set = append(set, req)
			}
			looked = looked || ok
		}
		if diff := cmp.Diff(tc.want, set); diff != "" {
			t.Errorf("%s: set (-want +got):\n%s", name, diff)
		}
	}
}
