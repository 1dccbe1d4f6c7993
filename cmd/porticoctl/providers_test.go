package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
)

func days(n int) *int { return &n }

// clientKey is a key of a provider, named by one letter.
func clientKey(name string, current bool) localapi.ClientKey {
	sum := fmt.Sprintf("%X", sha256.Sum256([]byte(name)))
	return localapi.ClientKey{
		ID: name + "-thumbprint", Algorithm: "ES256", Certificate: "-----BEGIN CERTIFICATE-----\n" + name + "\n-----END CERTIFICATE-----\n",
		ThumbprintSHA1: sum[:40], ThumbprintSHA256: sum, JWK: `{"kty":"EC","kid":"` + name + `"}`,
		Created: time.Date(2029, 1, 1, 0, 0, 0, 0, time.UTC), Expires: time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC), Current: current,
	}
}

// withKey, withSecret and public are providers with each client authentication.
func withKey(keys ...localapi.ClientKey) localapi.ProviderSetup {
	return localapi.ProviderSetup{
		ID: "m365", Title: "Microsoft 365", Enabled: true, Preset: "entra", Dialect: "entra",
		Authority: "https://login.microsoftonline.com/organizations/v2.0", ClientID: "11111111-1111-1111-1111-111111111111",
		Scopes: []string{"openid", "email"}, Tenants: []string{"00000000-0000-0000-0000-000000000000"},
		RedirectURI: "http://localhost", ClientAuth: "private_key_jwt", ConsentURL: adminconsent, Keys: keys,
	}
}

func withSecret(s localapi.SecretSetup) localapi.ProviderSetup {
	return localapi.ProviderSetup{
		ID: "google", Title: "Google", Enabled: true, Dialect: "google", Authority: "https://accounts.google.com", ClientID: "g",
		Scopes: []string{"openid"}, Domains: []string{"contoso.example"}, RedirectURI: "http://127.0.0.1/",
		ClientAuth: "client_secret_post", Secret: &s,
	}
}

func public() localapi.ProviderSetup {
	return localapi.ProviderSetup{
		ID: "demo", Title: "demo", Description: "For visitors", Dialect: "standard", Authority: "https://id.example", ClientID: "d",
		Scopes: []string{"openid"}, Accounts: []string{"ada@contoso.example"}, RedirectURI: "http://127.0.0.1/", ClientAuth: "none",
		Problems: []localapi.Problem{*problem(localapi.ProviderUnreachable, "host", "id.example")},
	}
}

func TestProvidersAreDescribed(t *testing.T) {
	a := newAgent(state(localapi.SignedOut))
	a.providers = []localapi.ProviderSetup{
		withKey(clientKey("a", true), clientKey("b", false)),
		withSecret(localapi.SecretSetup{Set: true, Expires: time.Date(2030, 12, 31, 0, 0, 0, 0, time.UTC), DaysLeft: days(20)}),
		public(),
	}
	c := newConsole(a, false)
	if code := c.run(t.Context(), t, "providers"); code != 0 {
		t.Errorf("exit %d", code)
	}
	for _, part := range []string{
		"Contoso IT (https://portal.example)\n", "\nMicrosoft 365 (m365)\n", "\nGoogle (google)\n", "\ndemo – not enabled\n",
		"https://login.microsoftonline.com/organizations/v2.0", "11111111-1111-1111-1111-111111111111", "private_key_jwt", "http://localhost",
		"Add a platform → Web", adminconsent, "a-thumbprint (ES256)", "b-thumbprint (ES256)", clientKey("a", true).ThumbprintSHA1,
		"set, works until 2030-12-31 (20 days left)", "Desktop app", "contoso.example", "any port has to match", "ada@contoso.example", "For visitors",
		"  ! id.example cannot be reached", "00000000-0000-0000-0000-000000000000",
	} {
		if !strings.Contains(c.out.String(), part) {
			t.Errorf("no %q", part)
		}
	}
	if t.Failed() {
		t.Logf("in\n%s", &c.out)
	}
	c = newConsole(a, false)
	if code := c.run(t.Context(), t, "providers", "--json"); code != 0 {
		t.Errorf("exit %d", code)
	}
	var doc struct {
		Portal    map[string]string
		Providers []struct {
			ID       string
			Problems []struct {
				Problem localapi.Problem
				Words   explanation
			}
		}
	}
	if err := json.Unmarshal(c.out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Providers) != 3 || doc.Portal["name"] != "Contoso IT" {
		t.Fatalf("document %s", &c.out)
	}
	if p := doc.Providers[2].Problems; len(p) != 1 || p[0].Problem.Code != localapi.ProviderUnreachable || p[0].Words.Title == "" {
		t.Errorf("problems %+v", p)
	}
}

func TestWhereToRegister(t *testing.T) {
	o := &providersOptions{program: newConsole(nil, false).program}
	for name, tc := range map[string]struct {
		setup         localapi.ProviderSetup
		redirect, key string
	}{
		"Entra, a public client": {localapi.ProviderSetup{Dialect: "entra", Preset: "microsoft-entra", ClientAuth: "none"}, "entra", "entra"},
		"Entra with a secret":    {localapi.ProviderSetup{Dialect: "entra", ClientAuth: "client_secret_post"}, "entra-web", "entra"},
		"Entra with a key":       {localapi.ProviderSetup{Dialect: "entra", ClientAuth: "private_key_jwt"}, "entra-web", "entra"},
		"Google":                 {localapi.ProviderSetup{Dialect: "google", ClientAuth: "client_secret_post"}, "google", "google"},
		"Okta":                   {localapi.ProviderSetup{Dialect: "standard", Preset: "okta"}, "okta", "okta"},
		"Auth0":                  {localapi.ProviderSetup{Dialect: "standard", Preset: "auth0"}, "auth0", "auth0"},
		"Keycloak":               {localapi.ProviderSetup{Dialect: "standard", Preset: "keycloak"}, "keycloak", "keycloak"},
		"any other":              {localapi.ProviderSetup{Dialect: "standard"}, "other", "other"},
		"a preset of the future": {localapi.ProviderSetup{Dialect: "standard", Preset: "new"}, "other", "other"},
	} {
		t.Run(name, func(t *testing.T) {
			for what, kind := range map[string]string{"redirect": tc.redirect, "key": tc.key} {
				if got, want := o.where(what, tc.setup), o.words.Text("console.where."+what+"."+kind); got != want {
					t.Errorf("%s: %q, want %q", what, got, want)
				}
			}
		})
	}
}

// TestLookingAtProvidersDisturbsNobody: whose agent is asked, and that it signs
// nobody in.
func TestLookingAtProvidersDisturbsNobody(t *testing.T) {
	file := filepath.Join(t.TempDir(), "portico.json")
	if err := os.WriteFile(file, []byte(`{}`), 0o600); err != nil {
		t.Fatal(err)
	}
	rehearse := &localapi.PortalRequest{Address: file, Manifest: []byte(`{}`)}
	for name, tc := range map[string]struct {
		portal string
		args   []string
		want   []connected
	}{
		"the portal there is":       {"", nil, []connected{{Options: connectOptions{Passive: true}}}},
		"the running agent's":       {"portal.example", nil, []connected{{Options: connectOptions{Passive: true}}}},
		"another than the agent's":  {"other.example", nil, []connected{{Options: connectOptions{Passive: true}}, {Options: connectOptions{Passive: true, Alone: true}}}},
		"what is no address":        {"portal example", nil, []connected{{Options: connectOptions{Passive: true}}, {Options: connectOptions{Passive: true, Alone: true}}}},
		"a file":                    {"", []string{"--manifest", file}, []connected{{Rehearse: rehearse}}},
		"a file, whatever is named": {"other.example", []string{"--manifest", file}, []connected{{Rehearse: rehearse}}},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAgent(state(localapi.SignedIn))
			a.providers = []localapi.ProviderSetup{public()}
			c := newConsole(a, false)
			c.environment["PORTICO_PORTAL"] = tc.portal
			if code := c.run(t.Context(), t, append([]string{"providers", "--json"}, tc.args...)...); code != 0 {
				t.Errorf("exit %d", code)
			}
			if diff := cmp.Diff(tc.want, c.connected); diff != "" {
				t.Errorf("connected (-want +got):\n%s", diff)
			}
			if len(a.asked) > 0 || c.closed != len(tc.want) {
				t.Errorf("asked %v, closed %d", a.asked, c.closed)
			}
		})
	}
}

func TestProvidersThatCannotBeListed(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		err  *localapi.Problem
		exit int
	}{
		"no portal":       {[]string{"providers"}, problem(localapi.NoPortal), localapi.ExitConfig},
		"a bad manifest":  {[]string{"providers"}, problem(localapi.ManifestInvalid, "field", "x", "reason", "y"), localapi.ExitConfig},
		"down":            {[]string{"providers"}, problem(localapi.PortalUnreachable), localapi.ExitUnreachable},
		"no such file":    {[]string{"providers", "--manifest", "/nowhere.json"}, nil, localapi.ExitUsage},
		"a stranger":      {[]string{"providers", "secret", "other"}, nil, localapi.ExitConfig},
		"a stranger, key": {[]string{"providers", "key", "other"}, nil, localapi.ExitConfig},
		"nobody":          {[]string{"providers", "secret"}, nil, localapi.ExitUsage},
		"two":             {[]string{"providers", "key", "demo", "google"}, nil, localapi.ExitUsage},
		"an argument":     {[]string{"providers", "demo"}, nil, localapi.ExitUsage},
	} {
		for form, more := range map[string][]string{"text": nil, "json": {"--json"}} {
			t.Run(name+", "+form, func(t *testing.T) {
				a := newAgent(state(localapi.SignedOut))
				a.providers = []localapi.ProviderSetup{public()}
				if tc.err != nil {
					a.errs["Providers"] = tc.err
				}
				c := newConsole(a, false)
				if code := c.run(t.Context(), t, append(tc.args, more...)...); code != tc.exit {
					t.Errorf("exit %d, want %d", code, tc.exit)
				}
			})
		}
	}
}

func TestASecretComesFromStandardInput(t *testing.T) {
	last := time.Date(2030, 12, 31, 0, 0, 0, 0, time.UTC)
	google := withSecret(localapi.SecretSetup{Set: true, Expires: last, DaysLeft: days(1)})
	const secretID = "6ba7b810-9dad-11d1-80b4-00C04FD430C8"
	entra := google
	entra.Dialect = "entra"
	set := func(value string, expires time.Time) []any {
		return []any{localapi.SecretRequest{Provider: "google", Value: value, Expires: expires}}
	}
	for name, tc := range map[string]struct {
		args     []string
		in       string
		terminal bool
		setup    localapi.ProviderSetup
		want     []any
		exit     int
		text     string
	}{
		"a pipe":                     {nil, "s3cret\n", false, google, set("s3cret", time.Time{}), 0, "is in your key store"},
		"a pipe without a line end":  {nil, "s3cret", false, google, set("s3cret", time.Time{}), 0, ""},
		"a pipe of Windows":          {nil, "\ufeffs3cret\r\n", false, google, set("s3cret", time.Time{}), 0, ""},
		"copied with its blanks":     {nil, "  s3cret \n", false, google, set("s3cret", time.Time{}), 0, ""},
		"only the first line counts": {nil, "s3cret\nmore\n", false, google, set("s3cret", time.Time{}), 0, ""},
		"a terminal":                 {nil, "s3cret\n", true, google, set("s3cret", time.Time{}), 0, ""},
		"until a day":                {[]string{"--expires", "2030-12-31"}, "s3cret\n", false, google, set("s3cret", last), 0, "2030-12-31 (1 day left)"},
		"nothing":                    {nil, "", false, google, nil, localapi.ExitUsage, ""},
		"an empty line":              {nil, "\ns3cret\n", false, google, nil, localapi.ExitUsage, ""},
		"nothing at a terminal":      {nil, "\n", true, google, nil, localapi.ExitUsage, ""},
		"something else":             {nil, "p\u00e4ssword\n", false, google, nil, localapi.ExitUsage, ""},
		"a whole file":               {nil, strings.Repeat("x", maxLine+1), false, google, nil, localapi.ExitUsage, ""},
		"until today":                {[]string{"--expires", "2030-12-31"}, "s3cret\n", false, google, set("s3cret", last), 0, ""},
		"until yesterday":            {[]string{"--expires", "2030-12-30"}, "s3cret\n", false, google, nil, localapi.ExitUsage, "2030-12-30 is past"},
		"the id of one of Entra's":   {nil, secretID + "\n", false, entra, nil, localapi.ExitUsage, "It has to be the secret's Value"},
		"such a value elsewhere":     {nil, secretID + "\n", false, google, set(secretID, time.Time{}), 0, ""},
		"what is no day":             {[]string{"--expires", "31.12.2030"}, "s3cret\n", false, google, nil, localapi.ExitUsage, ""},
		"as an argument":             {[]string{"s3cret"}, "", false, google, nil, localapi.ExitUsage, ""},
		"removed":                    {[]string{"--remove"}, "", false, withSecret(localapi.SecretSetup{}), set("", time.Time{}), 0, "No secret for Google"},
		"removed and set":            {[]string{"--remove", "--expires", "2030-12-31"}, "s3cret\n", false, google, nil, localapi.ExitUsage, ""},
		"of a public client":         {nil, "s3cret\n", false, func() localapi.ProviderSetup { p := public(); p.ID = "google"; return p }(), nil, localapi.ExitUsage, ""},
	} {
		for form, more := range map[string][]string{"text": nil, "json": {"--json"}} {
			t.Run(name+", "+form, func(t *testing.T) {
				a := newAgent(state(localapi.SignedOut))
				a.providers = []localapi.ProviderSetup{tc.setup}
				c := newConsole(a, false)
				c.terminal, c.in = tc.terminal, strings.NewReader(tc.in)
				if code := c.run(t.Context(), t, slices.Concat([]string{"providers", "secret", "google"}, tc.args, more)...); code != tc.exit {
					t.Errorf("exit %d, want %d\n%s%s", code, tc.exit, &c.out, &c.progress)
				}
				if diff := cmp.Diff(tc.want, a.asked); diff != "" {
					t.Errorf("asked (-want +got):\n%s", diff)
				}
				if said := c.out.String() + c.progress.String(); form == "text" && !strings.Contains(said, tc.text) {
					t.Errorf("no %q in\n%s", tc.text, said)
				}
				if asked := tc.terminal; (c.hidden == 1) != asked || c.hidden != c.shown {
					t.Errorf("typing was hidden %d times and shown %d times", c.hidden, c.shown)
				}
			})
		}
	}
}

// TestASecretAppearsNowhere reads everything that is written while a secret is
// set, whatever comes of it.
func TestASecretAppearsNowhere(t *testing.T) {
	const canary = "c4n4ry-s3cret"
	outcomes := []error{nil, problem(localapi.KeyStoreLocked), problem(localapi.ProviderConfig, "title", "Google", "key", "client_auth", "reason", "x")}
	for _, err := range outcomes {
		for _, terminal := range []bool{false, true} {
			for _, more := range [][]string{nil, {"--json"}, {"--expires", "never"}, {"--remove", "--expires", "2030-01-01"}, {"--unknown"}} {
				a := newAgent(state(localapi.SignedOut))
				a.providers = []localapi.ProviderSetup{withSecret(localapi.SecretSetup{Set: true})}
				if err != nil {
					a.errs["SetSecret"] = err
				}
				c := newConsole(a, false)
				c.terminal, c.in = terminal, strings.NewReader(canary+"\n")
				c.run(t.Context(), t, append([]string{"providers", "secret", "google"}, more...)...)
				if strings.Contains(c.out.String()+c.progress.String(), canary) {
					t.Errorf("%v, %v: the secret appears in\n%s%s", more, err, &c.out, &c.progress)
				}
			}
		}
	}
}

func TestInterruptEndsTheQuestionForASecret(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	silent, writer := io.Pipe()
	defer func() { _ = writer.Close() }()
	a := newAgent(state(localapi.SignedOut))
	a.providers = []localapi.ProviderSetup{withSecret(localapi.SecretSetup{})}
	c := newConsole(a, false)
	c.terminal, c.in = true, silent
	hide := c.hide
	c.hide = func() (func(), error) { interrupt(); return hide() }
	if code := c.run(ctx, t, "providers", "secret", "google"); code != localapi.ExitCancelled || c.shown != 1 || len(a.asked) > 0 {
		t.Errorf("exit %d, typing shown again %d times, asked %v", code, c.shown, a.asked)
	}
}

func TestKeys(t *testing.T) {
	first, second := clientKey("a", true), clientKey("b", false)
	fromFile := localapi.ClientKey{ID: "f", Algorithm: "RS256", JWK: "{}", File: "/etc/key.pem", Current: true}
	drop := []any{localapi.KeyRequest{Provider: "m365", Key: "b-thumbprint"}}
	made := []any{localapi.KeyRequest{Provider: "m365"}}
	for name, tc := range map[string]struct {
		keys  []localapi.ClientKey
		args  []string
		want  []any
		exit  int
		parts []string
		out   string // what --out wrote
	}{
		"none":            {nil, nil, nil, 0, []string{"Make one with: porticoctl providers key m365 --new"}, ""},
		"one":             {[]localapi.ClientKey{first}, nil, nil, 0, []string{first.ID, first.ThumbprintSHA1, first.JWK, "2031-01-01"}, ""},
		"one of a file":   {[]localapi.ClientKey{fromFile}, nil, nil, 0, []string{"/etc/key.pem"}, ""},
		"the first":       {nil, []string{"--new"}, made, 0, []string{"was made", "Upload certificate", "Then try it: porticoctl login"}, ""},
		"the second":      {[]localapi.ClientKey{first}, []string{"--new"}, made, 0, []string{"was made", "Upload certificate", "changes over by itself"}, ""},
		"the first, out":  {nil, []string{"--new", "--out", "FILE"}, made, 0, []string{"The certificate is in "}, second.Certificate},
		"the only, out":   {[]localapi.ClientKey{first}, []string{"--out", "FILE"}, nil, 0, nil, first.Certificate},
		"the newest, out": {[]localapi.ClientKey{first, second}, []string{"--out", "FILE"}, nil, 0, nil, second.Certificate},
		"dropped":         {[]localapi.ClientKey{first, second}, []string{"--drop", "b-thumbprint"}, drop, 0, []string{"deleted"}, ""},

		"out of nothing":         {nil, []string{"--out", "FILE"}, nil, localapi.ExitUsage, nil, ""},
		"no certificate":         {[]localapi.ClientKey{fromFile}, []string{"--out", "FILE"}, nil, localapi.ExitUsage, nil, ""},
		"into no folder":         {[]localapi.ClientKey{first}, []string{"--out", "/nowhere/key.pem"}, nil, localapi.ExitUsage, nil, ""},
		"new and dropped":        {[]localapi.ClientKey{first}, []string{"--new", "--drop", "a"}, nil, localapi.ExitUsage, nil, ""},
		"dropped, but not which": {[]localapi.ClientKey{first}, []string{"--drop="}, nil, localapi.ExitUsage, []string{"--drop needs something after it"}, ""},
		"dropped, a stranger":    {[]localapi.ClientKey{first, second}, []string{"--drop", "nope"}, nil, localapi.ExitUsage, []string{"nothing was deleted", first.ID, second.ID}, ""},
		"dropped, but none":      {nil, []string{"--drop", "nope"}, nil, localapi.ExitUsage, []string{"There is no key"}, ""},
		"dropped, from a file":   {[]localapi.ClientKey{fromFile}, []string{"--drop", "f"}, nil, localapi.ExitUsage, []string{"/etc/key.pem"}, ""},
		"dropped, the last, out": {[]localapi.ClientKey{first}, []string{"--drop", first.ID, "--out", "FILE"}, nil, localapi.ExitUsage, nil, ""},
		"a third":                {[]localapi.ClientKey{first, second}, []string{"--new", "--out", "FILE"}, nil, localapi.ExitUsage, []string{"porticoctl providers key m365 --drop " + second.ID}, ""},
		"new, into no folder":    {[]localapi.ClientKey{first}, []string{"--new", "--out", "/nowhere/key.pem"}, nil, localapi.ExitUsage, []string{"/nowhere/key.pem"}, ""},
	} {
		for form, more := range map[string][]string{"text": nil, "json": {"--json"}} {
			t.Run(name+", "+form, func(t *testing.T) {
				file := filepath.Join(t.TempDir(), "portico.cer")
				args := slices.Concat([]string{"providers", "key", "m365"}, tc.args, more)
				for i := range args {
					args[i] = strings.ReplaceAll(args[i], "FILE", file)
				}
				a := newAgent(state(localapi.SignedOut))
				a.providers, a.newKey = []localapi.ProviderSetup{withKey(slices.Clone(tc.keys)...)}, second
				c := newConsole(a, false)
				if code := c.run(t.Context(), t, args...); code != tc.exit {
					t.Errorf("exit %d, want %d\n%s%s", code, tc.exit, &c.out, &c.progress)
				}
				if diff := cmp.Diff(tc.want, a.asked); diff != "" {
					t.Errorf("asked (-want +got):\n%s", diff)
				}
				for _, part := range tc.parts {
					if said := c.out.String() + c.progress.String(); form == "text" && !strings.Contains(said, part) {
						t.Errorf("no %q in\n%s", part, said)
					}
				}
				written, err := os.ReadFile(file)
				if string(written) != tc.out || tc.out == "" && !os.IsNotExist(err) {
					t.Errorf("wrote %q, %v; want %q", written, err, tc.out)
				}
			})
		}
	}
	t.Run("of a public client", func(t *testing.T) {
		a := newAgent(state(localapi.SignedOut))
		a.providers = []localapi.ProviderSetup{public()}
		c := newConsole(a, false)
		if code := c.run(t.Context(), t, "providers", "key", "demo", "--new"); code != localapi.ExitUsage || len(a.asked) > 0 {
			t.Errorf("exit %d, asked %v", code, a.asked)
		}
	})
}

func TestWhatIsKnownOfASecret(t *testing.T) {
	o := &providersOptions{program: newConsole(nil, false).program}
	last := time.Date(2030, 12, 31, 0, 0, 0, 0, time.UTC)
	for want, secret := range map[string]localapi.SecretSetup{
		"missing; set it with: porticoctl providers secret work": {},
		"set; until when it works is not known":                  {Set: true},
		"set, works until 2030-12-31 (0 days":                    {Set: true, Expires: last, DaysLeft: days(0)},
		"set, works until 2030-12-31 (1 day left":                {Set: true, Expires: last, DaysLeft: days(1)},
		"expired on 2030-12-31; set a new one":                   {Set: true, Expires: last, DaysLeft: days(-1)},
	} {
		if got := o.secretWords("work", secret); !strings.HasPrefix(got, want) {
			t.Errorf("%+v: %q, want %q", secret, got, want)
		}
	}
}

// filesWith are the files below a directory that hold a text.
func filesWith(t *testing.T, dir, text string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		if strings.Contains(string(content), text) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
