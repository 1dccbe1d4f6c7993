package main

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/policy/policytest"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
	"github.com/portico-desktop/portico/cmd/internal/demoidp"
	"github.com/portico-desktop/portico/cmd/internal/demoportal"
)

// personInBrowser is a browser with somebody in front of it, who chooses to be Ada.
func personInBrowser(issuer string) func(context.Context, string) error {
	return func(ctx context.Context, address string) error {
		jar, err := cookiejar.New(nil)
		if err != nil {
			return err
		}
		browser := &http.Client{Jar: jar}
		page, err := do(ctx, browser, http.MethodGet, address, nil)
		if err != nil || !strings.HasPrefix(page.String(), issuer+"/login") {
			return fmt.Errorf("the sign-in page is %v: %w", page, err)
		}
		_, err = do(ctx, browser, http.MethodPost, issuer+"/login", url.Values{
			"request": {page.Query().Get("request")}, "person": {demoidp.People()[0].Subject},
		})
		return err
	}
}

// do makes a request and returns where it ended.
func do(ctx context.Context, browser *http.Client, method, address string, form url.Values) (*url.URL, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := browser.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.Request.URL, err
}

// company is a provider, and a portal that names it.
func company(t *testing.T) (*demoidp.Server, *demoportal.Server) {
	t.Helper()
	idp, err := demoidp.Params{}.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = idp.Close() })
	site, err := demoportal.Params{Providers: []demoportal.Provider{
		{ID: "demo", Title: "Demo sign-in", Authority: idp.Issuer(), ClientID: demoidp.ClientID},
	}}.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = site.Close() })
	return idp, site
}

// TestTheWholeStoryWithoutAnAgent signs in, comes back, and signs out, each
// command with an agent of its own, against a real provider and portal.
func TestTheWholeStoryWithoutAnAgent(t *testing.T) {
	store := vault.New(vault.Params{Service: "test", Backend: authtest.NewKeyStore()})
	idp, site := company(t)
	dir := t.TempDir()
	asked := 0
	for _, step := range []struct {
		args     []string
		exit     int
		requests int // to the provider's token endpoint
		part     string
	}{
		{[]string{"status"}, localapi.ExitSignInNeeded, 0, `"signed-out"`},
		{[]string{"login"}, 0, 1, demoidp.People()[0].Email},
		{[]string{"status"}, 0, 1, demoidp.People()[0].Email},
		{[]string{"login"}, 0, 1, `"remembered": true`},
		{[]string{"accounts"}, 0, 0, demoidp.People()[0].Subject},
		{[]string{"logout"}, 0, 1, `"revoked": "done"`},
		{[]string{"status"}, localapi.ExitSignInNeeded, 0, `"signed-out"`},
		{[]string{"logout"}, 0, 0, `"local": "not-asked"`},
		{[]string{"forget", "--yes"}, 0, 0, `"accounts": 0`},
	} {
		c := newConsole(nil, false)
		c.connect, c.store = connect, store
		c.environment["PORTICO_PORTAL"] = site.URL()
		c.browse = personInBrowser(idp.Issuer())
		code := c.run(t.Context(), t, append(step.args, "--json", "--data-dir", dir)...)
		if code != step.exit || !strings.Contains(c.out.String(), step.part) {
			t.Fatalf("%s: exit %d, want %d, and no %s in\n%s%s", step.args, code, step.exit, step.part, &c.out, &c.progress)
		}
		requests := idp.Requests()["/oauth/token"]
		if step.args[0] != "logout" && requests-asked != step.requests {
			t.Errorf("%s: %d token requests, want %d", step.args, requests-asked, step.requests)
		}
		asked = requests
	}
	if n := idp.Grants(); n != 0 {
		t.Errorf("%d sign-ins still work at the provider", n)
	}
	if entries, err := os.ReadDir(dir + "/data"); err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// TestWhatStandsInTheWay holds faults of the world outside to their exit codes.
func TestWhatStandsInTheWay(t *testing.T) {
	site := func(manifest string) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if manifest == "" || r.URL.Path != demoportal.ManifestPath {
				http.NotFound(w, r)
				return
			}
			_, _ = io.WriteString(w, manifest)
		}))
		t.Cleanup(server.Close)
		return server.URL
	}
	lost := site(`{"version":1,"name":"Lost","providers":[{"id":"gone","title":"Gone","authority":"http://127.0.0.1:1","client_id":"portico"}]}`)
	for name, tc := range map[string]struct {
		portal string
		fault  vault.Kind
		args   []string
		want   localapi.Code
	}{
		"no portal":                     {"", 0, []string{"login"}, localapi.NoPortal},
		"an address with a blank":       {"portal example", 0, []string{"login"}, localapi.PortalAddress},
		"plain http":                    {"http://portal.example", 0, []string{"login"}, localapi.PortalNotHTTPS},
		"nothing there":                 {site(""), 0, []string{"login"}, localapi.PortalNotFound},
		"a web page":                    {site("<!doctype html><title>Welcome</title>"), 0, []string{"login"}, localapi.NotAPortal},
		"no way to sign in":             {site(`{"version":1,"name":"Empty"}`), 0, []string{"login"}, localapi.NoProviders},
		"a portal that is down":         {"http://127.0.0.1:1", 0, []string{"login"}, localapi.PortalUnreachable},
		"a provider that is down":       {lost, 0, []string{"login"}, localapi.ProviderUnreachable},
		"another provider":              {lost, 0, []string{"login", "--provider", "other"}, localapi.UnknownProvider},
		"a locked key store":            {lost, vault.Locked, []string{"status"}, localapi.KeyStoreLocked},
		"a locked key store, listed":    {lost, vault.Locked, []string{"accounts"}, localapi.KeyStoreLocked},
		"a locked key store, left":      {lost, vault.Locked, []string{"logout"}, localapi.KeyStoreLocked},
		"a locked key store, forgotten": {lost, vault.Locked, []string{"forget", "--yes"}, localapi.KeyStoreLocked},
	} {
		t.Run(name, func(t *testing.T) {
			backend := authtest.NewKeyStore()
			if tc.fault != 0 {
				backend.Fail(tc.fault)
			}
			c := newConsole(nil, false)
			c.connect, c.store = connect, vault.New(vault.Params{Service: "test", Backend: backend})
			c.environment["PORTICO_PORTAL"] = tc.portal
			code := c.run(t.Context(), t, append(tc.args, "--json", "--data-dir", t.TempDir())...)
			if want := problem(tc.want); code != want.Exit() || !strings.Contains(c.out.String(), `"code": "`+string(tc.want)+`"`) {
				t.Errorf("exit %d, want %d and %s\n%s", code, want.Exit(), tc.want, &c.out)
			}
			if len(c.opened) > 0 {
				t.Errorf("opened %q", c.opened)
			}
		})
	}
}

// A folder that takes no files is the problem, and not whatever fails for it; who only
// looks needs none.
func TestAFolderThatTakesNoFiles(t *testing.T) {
	dir := t.TempDir()
	blocked := filepath.Join(dir, "data")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for command, want := range map[string]localapi.Code{
		"policy": "", "autostart status": localapi.AutostartMissing, "autostart off": localapi.DataFolder,
		"status": localapi.DataFolder, "accounts": localapi.DataFolder, "login": localapi.DataFolder,
	} {
		c := newConsole(nil, false)
		c.connect, c.store = connect, vault.New(vault.Params{Service: "test", Backend: authtest.NewKeyStore()})
		c.entries = func() []desktop.LogOnEntry { return nil }
		code := c.run(t.Context(), t, append(strings.Fields(command), "--json", "--data-dir", dir)...)
		var doc struct{ Problem *localapi.Problem }
		if err := json.Unmarshal(c.out.Bytes(), &doc); err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		exit, got := 0, localapi.Code("")
		if want != "" {
			exit = problem(want).Exit()
		}
		if doc.Problem != nil {
			got = doc.Problem.Code
		}
		if got != want || code != exit {
			t.Errorf("%s: %s and exit %d, want %s and %d", command, got, code, want, exit)
		}
		if p := doc.Problem; want == localapi.DataFolder && (!strings.HasPrefix(p.Params["file"], blocked) || p.Params["reason"] == "") {
			t.Errorf("%s: %v", command, p.Params)
		}
	}
}

// A file that the environment names stops a command where it counts, and where IT has
// decided otherwise it is nobody's business.
func TestAuthoritiesOfTheEnvironmentCountOnlyWhereITHasNotDecided(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	good := filepath.Join(t.TempDir(), "authorities.pem")
	if err := os.WriteFile(good, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		machine map[policy.Name]any
		want    localapi.Code
	}{
		"nobody has decided": {nil, localapi.ExtraCAFile},
		"IT has":             {map[policy.Name]any{policy.ExtraCAFile: good}, localapi.NoPortal},
	} {
		c := newConsole(nil, false)
		c.connect, c.store = connect, vault.New(vault.Params{Service: "test", Backend: authtest.NewKeyStore()})
		c.policies = func() *policy.Policies { return policytest.Of(tc.machine, nil) }
		c.environment["PORTICO_EXTRA_CA_FILE"] = filepath.Join(t.TempDir(), "missing.pem")
		code := c.run(t.Context(), t, "login", "--json", "--data-dir", t.TempDir())
		if want := problem(tc.want); code != want.Exit() || !strings.Contains(c.out.String(), `"code": "`+string(tc.want)+`"`) {
			t.Errorf("%s: exit %d, want %s\n%s", name, code, tc.want, &c.out)
		}
	}
}
