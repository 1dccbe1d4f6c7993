package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
)

// TestAKeyThatFailsLeavesTheFile: what is written to is neither emptied nor left
// behind before there is a certificate for it.
func TestAKeyThatFailsLeavesTheFile(t *testing.T) {
	for name, before := range map[string]string{"a new file": "", "a file with another certificate": "old, and longer than the new one\n" + strings.Repeat("x", 100)} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "portico.cer")
			if before != "" {
				if err := os.WriteFile(file, []byte(before), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			content := func() string { got, _ := os.ReadFile(file); return string(got) }
			a := newAgent(state(localapi.SignedOut))
			a.providers, a.newKey = []localapi.ProviderSetup{withKey()}, clientKey("a", true)
			a.errs["NewKey"] = problem(localapi.KeyStoreLocked)
			if code := newConsole(a, false).run(t.Context(), t, "providers", "key", "m365", "--new", "--out", file); code != localapi.ExitKeyStore {
				t.Errorf("exit %d", code)
			}
			if _, err := os.Stat(file); content() != before || os.IsNotExist(err) != (before == "") {
				t.Errorf("the file has %q, %v", content(), err)
			}
			delete(a.errs, "NewKey")
			if code := newConsole(a, false).run(t.Context(), t, "providers", "key", "m365", "--new", "--out", file); code != 0 || content() != a.newKey.Certificate {
				t.Errorf("exit %d, the file has %q", code, content())
			}
		})
	}
}

// TestKeysThatCannotBeRead: that is not the same as having none.
func TestKeysThatCannotBeRead(t *testing.T) {
	const reason = "stat /etc/portico/client.pem: no such file or directory"
	down := *problem(localapi.ProviderUnreachable, "host", "id.example")
	for name, tc := range map[string]struct {
		problems []localapi.Problem
		args     []string
		exit     int
		part     string
	}{
		"a file that is missing": {[]localapi.Problem{down, *problem(localapi.ClientKeyUnusable, "reason", reason)}, nil, localapi.ExitConfig, "cannot be read: " + reason},
		"a locked key store":     {[]localapi.Problem{*problem(localapi.KeyStoreLocked)}, nil, localapi.ExitKeyStore, "locked"},
		"which one to drop":      {[]localapi.Problem{*problem(localapi.ClientKeyUnusable, "reason", reason)}, []string{"--drop", "x"}, localapi.ExitConfig, "cannot be read: " + reason},
		"none was made":          {[]localapi.Problem{down, *problem(localapi.ClientKeyMissing)}, nil, 0, "There is no key yet"},
	} {
		for form, more := range map[string][]string{"text": nil, "json": {"--json"}} {
			t.Run(name+", "+form, func(t *testing.T) {
				setup := withKey()
				setup.Problems = tc.problems
				a := newAgent(state(localapi.SignedOut))
				a.providers = []localapi.ProviderSetup{setup}
				c := newConsole(a, false)
				if code := c.run(t.Context(), t, slices.Concat([]string{"providers", "key", "m365"}, tc.args, more)...); code != tc.exit {
					t.Errorf("exit %d, want %d", code, tc.exit)
				}
				said := c.out.String() + c.progress.String()
				if form == "text" && (!strings.Contains(said, tc.part) || tc.exit != 0 && strings.Contains(said, "There is no key yet")) {
					t.Errorf("said\n%s", said)
				}
			})
		}
	}
}

// TestAKeyOfAnotherTimeCanBeDropped: one that was made before client_auth was
// changed is not listed any more.
func TestAKeyOfAnotherTimeCanBeDropped(t *testing.T) {
	a := newAgent(state(localapi.SignedOut))
	a.providers = []localapi.ProviderSetup{public()}
	c := newConsole(a, false)
	code := c.run(t.Context(), t, "providers", "key", "demo", "--drop", "old")
	want := []any{localapi.KeyRequest{Provider: "demo", Key: "old"}}
	if diff := cmp.Diff(want, a.asked); diff != "" || code != 0 || strings.Contains(c.out.String(), "was deleted") {
		t.Errorf("exit %d, asked %s, said\n%s", code, diff, &c.out)
	}
}
