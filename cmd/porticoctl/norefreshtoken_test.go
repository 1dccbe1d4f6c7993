package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/policy/policytest"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// TestAProviderThatGivesNoRefreshToken: the key store is blamed for nothing. Where the
// sign-in ends with the command that is a mistake in how the provider is set up, and
// where it goes on a warning.
func TestAProviderThatGivesNoRefreshToken(t *testing.T) {
	idp := authtest.New(t)
	idp.Fault(authtest.TokenAnswer(func(fields map[string]any) { delete(fields, "refresh_token") }))
	site := newNotice(t, "max-age=600")
	site.publish(map[string]any{"id": "work", "title": "Work", "authority": idp.URL, "client_id": authtest.ClientID})
	manifest, err := json.Marshal(map[string]any{"version": 1, "name": "Contoso IT", "providers": []any{*site.provider.Load()}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "portico.json")
	if err := os.WriteFile(file, manifest, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		args []string
		exit int
	}{
		"without an agent": {[]string{"login"}, localapi.ExitConfig},
		"a rehearsal":      {[]string{"login", "--manifest", file}, 0},
	} {
		for _, form := range []string{"text", "json"} {
			t.Run(name+", "+form, func(t *testing.T) {
				c := newConsole(nil, false)
				c.connect, c.store, c.http = connect, vault.New(vault.Params{Service: "test", Backend: authtest.NewKeyStore()}), idp.Client()
				c.environment["PORTICO_PORTAL"] = site.URL
				c.browse = func(ctx context.Context, address string) error { _, err := idp.Browse(ctx, address); return err }
				args := append(slices.Clone(tc.args), "--data-dir", t.TempDir())
				if form == "json" {
					args = append(args, "--json")
				}
				code := c.run(t.Context(), t, args...)
				said := c.out.String() + c.progress.String()
				want := map[string]string{"text": "grant type refresh_token", "json": `"code": "no-refresh-token"`}[form]
				if code != tc.exit || !strings.Contains(said, want) || strings.Contains(strings.ToLower(said), "key store") || strings.Contains(said, "key-store") {
					t.Errorf("exit %d, want %d, and %q in\n%s", code, tc.exit, want, said)
				}
			})
		}
	}
}

// TestARunningAgentHoldsASignInWithoutARefreshToken: that is no failure of the command.
func TestARunningAgentHoldsASignInWithoutARefreshToken(t *testing.T) {
	held := state(localapi.SignedIn, func(s *localapi.State) {
		s.Session.Account.Remembered = false
		s.Notices = []localapi.Problem{*problem(localapi.NoRefreshToken, "title", "Demo", "provider", "demo", "client_id", "portico")}
	})
	for _, args := range [][]string{{"login"}, {"status"}} {
		c := newConsole(newAgent(held), false)
		code := c.run(t.Context(), t, append(args, "--json")...)
		var doc struct {
			Problem *localapi.Problem
			Notices []struct{ Problem localapi.Problem }
		}
		if err := json.Unmarshal(c.out.Bytes(), &doc); err != nil {
			t.Fatal(err)
		}
		if code != 0 || doc.Problem != nil || len(doc.Notices) != 1 || doc.Notices[0].Problem.Code != localapi.NoRefreshToken {
			t.Errorf("%s: exit %d\n%s", args, code, &c.out)
		}
	}
}

// TestNobodySignsInForNothing: where settings let nobody be remembered, a sign-in
// without a running Portico would end with the command, and the key store has no part
// in that.
func TestNobodySignsInForNothing(t *testing.T) {
	for _, set := range []map[policy.Name]any{{policy.RememberMe: policy.Never}, {policy.KioskMode: true}, {policy.TokenStore: "memory"}} {
		c := newConsole(nil, false)
		dir := t.TempDir()
		idp := authtest.New(t)
		site := newNotice(t, "max-age=600")
		site.publish(map[string]any{"id": "work", "title": "Work", "authority": idp.URL, "client_id": authtest.ClientID})
		c.connect, c.store, c.http = connect, vault.New(vault.Params{Service: "test", Backend: authtest.NewKeyStore()}), idp.Client()
		c.environment["PORTICO_PORTAL"] = site.URL
		c.policies = func() *policy.Policies { return policytest.Of(set, nil) }
		code := c.run(t.Context(), t, "login", "--data-dir", dir)
		if code != localapi.ExitUsage || len(c.opened) != 0 || !strings.Contains(c.progress.String(), "RememberMe") {
			t.Errorf("%s: exit %d, opened %q\n%s", set, code, c.opened, &c.progress)
		}
	}
}
