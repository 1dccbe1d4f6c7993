package agent

import (
	"encoding/json"
	"encoding/pem"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/policy/policytest"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/app/settings"
	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/auth/authtest"
)

// said are policies of the machine.
type said = map[policy.Name]any

func (o *office) decided(machine said) {
	o.policies = func() *policy.Policies { return policytest.Of(machine, nil) }
}

// effects show for each key that it counts.
func effects() map[policy.Name]func(*testing.T) {
	return map[policy.Name]func(*testing.T){
		policy.PortalURL:          portalURLCounts,
		policy.Providers:          providersCount,
		policy.Menus:              menusCount,
		policy.AllowedLinkSchemes: linkSchemesCount,
		policy.SignInEnabled:      signInEnabledCounts,
		policy.AutoSignIn:         autoSignInCounts,
		policy.DomainHint:         domainHintCounts,
		policy.AllowedDomains:     allowedDomainsCount,
		policy.AllowedTenants:     allowedTenantsCount,
		policy.RememberMe:         rememberMeCounts,
		policy.TokenStore:         tokenStoreCounts,
		policy.SignInTimeout:      signInTimeoutCounts,
		policy.RedirectPorts:      redirectPortsCount,
		policy.PAR:                pushingCounts,
		policy.DPoP:               proofsCount,
		policy.Browser:            browserCounts,
		policy.Autostart:          func(t *testing.T) { windowIsTold(t, policy.Autostart, policy.Never) }, // cmd/portico-agent asks it
		policy.StartHidden:        startHiddenCounts,
		policy.KioskMode:          kioskModeCounts,
		policy.CloseToTray:        func(t *testing.T) { windowIsTold(t, policy.CloseToTray, policy.Never) },
		policy.Theme:              func(t *testing.T) { windowIsTold(t, policy.Theme, "dark") },
		policy.Language:           languageCounts,
		policy.Proxy:              proxyCounts,
		policy.ProxyAuth:          proxyAuthCounts,
		policy.ExtraCAFile:        extraCAFileCounts,
		policy.LogLevel:           logLevelCounts,
		policy.AuditLog:           auditLogCounts,
		policy.ManagedByName:      managedByCounts,
		policy.ManagedByURL:       managedByCounts,
	}
}

func TestEveryPolicyThatDoesNotWaitCounts(t *testing.T) {
	shown := effects()
	for _, k := range policy.Keys() {
		effect := shown[k.Name]
		switch {
		case k.Waits != "" && effect != nil:
			t.Errorf("%s waits for %s and has an effect", k.Name, k.Waits)
		case k.Waits == "" && effect == nil:
			t.Errorf("%s does not wait for anything, and no test shows that it counts", k.Name)
		case effect != nil:
			t.Run(string(k.Name), effect)
		}
		delete(shown, k.Name)
	}
	for name := range shown {
		t.Errorf("%s is no key", name)
	}
}

func setting(s localapi.State, key policy.Name) localapi.Setting {
	for _, row := range s.Settings {
		if row.Key == string(key) {
			return row
		}
	}
	return localapi.Setting{}
}

func problemCode(err error) localapi.Code {
	var p *localapi.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

func hasPhase(p localapi.Phase) func(localapi.State) bool {
	return func(s localapi.State) bool { return s.Session.Phase == p }
}

// signedIn signs in through the browser.
func (r *running) signedIn(req localapi.SignInRequest) localapi.State {
	r.o.t.Helper()
	req.Open = true
	if _, err := r.SignIn(r.o.t.Context(), req); err != nil {
		r.o.t.Fatal(err)
	}
	return r.await(hasPhase(localapi.SignedIn))
}

func portalURLCounts(t *testing.T) {
	o := newOffice(t)
	o.decided(said{policy.PortalURL: o.portal.URL + "/some/page"})
	o.change = func(p *Params) { p.Start.Portal = "https://elsewhere.example" }
	a := o.start()
	now := a.await(func(s localapi.State) bool { return s.Portal != nil })
	if row := setting(now, policy.PortalURL); now.PortalAddress != o.portal.URL || !row.Locked || row.Own {
		t.Errorf("address %q, %+v", now.PortalAddress, row)
	}
	for _, err := range []error{
		a.SetPortal(t.Context(), localapi.PortalRequest{Address: o.portal.URL}),
		a.Set(t.Context(), localapi.SettingRequest{Key: "PortalURL", Value: o.portal.URL}),
		a.Set(t.Context(), localapi.SettingRequest{Key: "PortalURL"}),
	} {
		if problemCode(err) != localapi.SettingManaged {
			t.Errorf("changing it: %v", err)
		}
	}
	// Moved while running.
	other := newOffice(t)
	name := "Fabrikam IT"
	other.name.Store(&name)
	o.decided(said{policy.PortalURL: other.portal.URL})
	if _, err := a.Policy(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.await(func(s localapi.State) bool { return s.Portal != nil && s.Portal.Name == "Fabrikam IT" })
}

func (o *office) raw(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		o.t.Fatal(err)
	}
	return raw
}

func providersCount(t *testing.T) {
	o := newOffice(t)
	o.decided(said{policy.Providers: o.raw(o.work()), policy.Menus: json.RawMessage(`[{"id":"wiki","title":"Wiki","url":"https://wiki.example/{email}"}]`)})
	// No portal at all.
	a := o.start()
	now := a.await(hasPhase(localapi.SignedOut))
	if now.PortalAddress != "" || now.PortalProblem != nil || now.Portal == nil || now.Portal.Name != "Portico" || len(now.Portal.Providers) != 1 {
		t.Fatalf("%+v, %+v", now, now.Portal)
	}
	now = a.signedIn(localapi.SignInRequest{})
	if len(now.Portal.Apps) != 1 || now.Portal.Apps[0].URL != "https://wiki.example/ada%40contoso.example" {
		t.Errorf("apps = %+v", now.Portal.Apps)
	}
	a.stop()
	o.provider.Forget()
	again := o.start()
	again.await(hasPhase(localapi.SignedIn))
	again.stop()

	// In place of a portal's own, and while that is down.
	o.providers = []any{map[string]any{"id": "other", "authority": "https://other.example", "client_id": "c"}}
	o.change = func(p *Params) { p.Start.Portal = o.portal.URL }
	with := o.start()
	now = with.await(func(s localapi.State) bool { return s.Portal != nil && s.Portal.Name == "Contoso IT" })
	if len(now.Portal.Providers) != 1 || now.Portal.Providers[0].ID != "work" {
		t.Errorf("providers = %+v", now.Portal.Providers)
	}
	with.await(hasPhase(localapi.SignedIn))
	with.stop()
	_ = os.RemoveAll(o.paths.Cache)
	o.down.Store(true)
	without := o.start()
	now = without.await(hasPhase(localapi.SignedIn))
	without.await(func(s localapi.State) bool { return s.PortalProblem != nil })

	// One mistake, and none of them counts.
	o.down.Store(false)
	o.decided(said{policy.Providers: json.RawMessage(`[{"id":"work","authority":"http://work.example","client_id":"c"}]`)})
	report, err := without.Policy(t.Context())
	if err != nil || len(report.Problems) != 1 || report.Problems[0].Code != localapi.PolicyWrong || report.Problems[0].Params["field"] != "providers[0].authority" {
		t.Errorf("problems = %+v, %v", report.Problems, err)
	}
	if said := words.New("en").Problem(&report.Problems[0]); !strings.Contains(said.Text, "Providers[0].authority is no good") || !strings.Contains(said.IT, "Providers[0].authority is no good") {
		t.Errorf("people read: %+v", said)
	}
	if _, err := without.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	without.await(func(s localapi.State) bool { return s.Portal != nil && s.Portal.Providers[0].ID == "other" })
}

func menusCount(t *testing.T) {
	o := newOffice(t)
	o.decided(said{policy.PortalURL: o.portal.URL, policy.Menus: json.RawMessage(
		`[{"id":"wiki","title":"Wiki","url":"https://wiki.example"},{"id":"mail","title":"Our mail","url":"https://our.example"}]`)})
	now := o.start().await(func(s localapi.State) bool { return s.Portal != nil })
	var titles []string
	for _, app := range now.Portal.Apps {
		titles = append(titles, app.Title)
	}
	if diff := cmp.Diff([]string{"Wiki", "Our mail"}, titles); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func linkSchemesCount(t *testing.T) {
	o := newOffice(t)
	o.menus = []any{map[string]any{"id": "a", "title": "Teams", "url": "msteams:/l/chat"}, map[string]any{"id": "b", "title": "Mail", "url": "https://mail.example"}}
	machine := said{policy.PortalURL: o.portal.URL}
	o.decided(machine)
	a := o.start()
	now := a.await(func(s localapi.State) bool { return s.Portal != nil })
	if len(now.Portal.Apps) != 1 {
		t.Errorf("apps without the policy = %+v", now.Portal.Apps)
	}
	o.decided(said{policy.PortalURL: o.portal.URL, policy.AllowedLinkSchemes: []string{"msteams"}})
	if _, err := a.Policy(t.Context()); err != nil {
		t.Fatal(err)
	}
	now = a.await(func(s localapi.State) bool { return len(s.Portal.Apps) == 2 })
	if now.Portal.Apps[0].URL != "msteams:/l/chat" {
		t.Errorf("apps = %+v", now.Portal.Apps)
	}
}

func browserCounts(t *testing.T) {
	o := newOffice(t)
	program, opened := filepath.Join(t.TempDir(), "browser"), filepath.Join(t.TempDir(), "opened")
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho \"$1\" > "+opened+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	o.change = func(p *Params) { p.OpenBrowser = nil }
	o.decided(said{policy.PortalURL: o.portal.URL, policy.Browser: program})
	a := o.start()
	a.await(hasPhase(localapi.SignedOut))
	in, err := a.SignIn(t.Context(), localapi.SignInRequest{Open: true})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(opened); err != nil || strings.TrimSpace(string(got)) != in.URL {
		t.Errorf("opened %q, %v", got, err)
	}
}

func windowIsTold(t *testing.T, key policy.Name, value string) {
	t.Helper()
	o := newOffice(t)
	o.decided(said{key: value})
	now := o.start().await(hasPhase(localapi.Unconfigured))
	if row := setting(now, key); row.Value != value || !row.Locked {
		t.Errorf("%+v", row)
	}
}

func startHiddenCounts(t *testing.T) {
	for value, want := range map[string]bool{policy.Always: false, policy.Never: true} {
		o := newOffice(t)
		opened := make(chan struct{}, 1)
		o.change = func(p *Params) {
			p.Desktop, p.AtLogOn = true, true
			p.OpenWindow = func() error { opened <- struct{}{}; return nil }
		}
		o.decided(said{policy.StartHidden: value})
		a := o.start()
		if want {
			select {
			case <-opened:
			case <-time.After(10 * time.Second):
				t.Errorf("%s: no window", value)
			}
		}
		a.await(hasPhase(localapi.Unconfigured))
		a.stop() // waits for what was begun
		if !want && len(opened) > 0 {
			t.Errorf("%s: a window", value)
		}
	}
}

func kioskModeCounts(t *testing.T) {
	o := newOffice(t)
	o.change = func(p *Params) { p.Start.Portal = o.portal.URL }
	o.decided(said{policy.KioskMode: true})
	a := o.start()
	a.await(hasPhase(localapi.SignedOut))
	now := a.signedIn(localapi.SignInRequest{})
	for _, s := range now.Settings {
		if s.Key == "RememberMe" && (s.Value != policy.Never || !s.Locked) {
			t.Errorf("%+v: a shared computer remembers nobody", s)
		}
	}
	if !now.Kiosk || now.Session.Account.Remembered || len(o.keyStore.Entries("test")) > 0 {
		t.Errorf("kiosk %v, account %+v", now.Kiosk, now.Session.Account)
	}
	for _, row := range now.Settings {
		if !row.Locked {
			t.Errorf("%+v is not locked", row)
		}
		if err := a.Set(t.Context(), localapi.SettingRequest{Key: row.Key, Value: row.Value}); problemCode(err) != localapi.SettingManaged {
			t.Errorf("%s: %v", row.Key, err)
		}
	}
}

func languageCounts(t *testing.T) {
	windowIsTold(t, policy.Language, "de")
	paths, err := desktop.PathsFor(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("LC_ALL", "")
	t.Setenv("LANGUAGE", "")
	t.Setenv("LANG", "en_GB.UTF-8")
	for value, want := range map[string]string{"de": "de", "system": "en"} {
		s := settings.Find(paths, func() *policy.Policies { return policytest.Of(said{policy.Language: value}, nil) }).Preferences(func(string) string { return "" })
		if got := words.New(settings.Languages(s)...).Language(); got != want {
			t.Errorf("%s: %s", value, got)
		}
	}
}

// alone is an agent of its own network, which nothing runs.
func alone(t *testing.T, p Params, machine said) *Agent {
	t.Helper()
	paths, err := desktop.PathsFor(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p.Start.Paths, p.Start.Words = paths, words.New("en")
	p.Start.Policies = func() *policy.Policies { return policytest.Of(machine, nil) }
	return New(p)
}

func proxyCounts(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://environment.example:1")
	for value, want := range map[string]string{"http://policy.example:8080": "http://policy.example:8080", "direct": ""} {
		if got := alone(t, Params{}, said{policy.Proxy: value}).way.transport.Settings(); got.HTTPS != want {
			t.Errorf("%s: %+v", value, got)
		}
	}
	if got := alone(t, Params{}, nil).way.transport.Settings(); got.HTTPS != "http://environment.example:1" {
		t.Errorf("without the policy: %+v", got)
	}
	for source, machine := range map[string]said{"policy": {policy.Proxy: "http://policy.example:8080"}, "environment": nil} {
		a := alone(t, Params{}, machine)
		report, err := a.Parts().Policy(t.Context())
		if err != nil || report.Network == nil || report.Network.Source != source || report.Network.HTTPS != "http://"+source+".example:"+map[string]string{"policy": "8080", "environment": "1"}[source] {
			t.Errorf("who has set it is not said: %+v, %v", report.Network, err)
		}
		if s, err := a.Parts().State(t.Context()); err != nil || s.Network == nil || *s.Network != *report.Network {
			t.Errorf("the state says %+v, %v", s.Network, err)
		}
	}
}

// What IT allows is what a proxy hears; a list that is wrong allows no password.
func proxyAuthCounts(t *testing.T) {
	proxy := authtest.NewProxy(t)
	proxy.User = "ada:s3cret"
	t.Setenv("HTTP_PROXY", proxy.URL("ada:s3cret"))
	t.Setenv("HTTPS_PROXY", "")
	t.Setenv("NO_PROXY", "")
	for name, test := range map[string]struct {
		allowed any
		through bool
	}{
		"nothing said": {nil, true}, "allowed": {[]string{"Digest", "basic"}, true}, "left out": {[]string{"negotiate", "digest"}, false}, "wrong": {[]string{"basic", "kerberos"}, false},
	} {
		machine := said{}
		if test.allowed != nil {
			machine[policy.ProxyAuth] = test.allowed
		}
		a := alone(t, Params{}, machine)
		resp, err := a.way.client.Get("http://somewhere.invalid/")
		if err == nil {
			_ = resp.Body.Close()
		}
		if (err == nil) != test.through { // 502: it has let us through, and found nobody
			t.Errorf("%s: %v", name, err)
		}
	}
}

func extraCAFileCounts(t *testing.T) {
	provider := authtest.New(t)
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: provider.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	get := func(a *Agent) error {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, provider.URL+"/.well-known/openid-configuration", nil)
		if err != nil {
			return err
		}
		resp, err := a.way.client.Do(req)
		if err == nil {
			_ = resp.Body.Close()
		}
		return err
	}
	// The policy's counts before the environment's, which is of no use here.
	p := Params{}
	p.Network.ExtraCAFile = filepath.Join(t.TempDir(), "nothing")
	if err := get(alone(t, p, said{policy.ExtraCAFile: file})); err != nil {
		t.Errorf("with the file: %v", err)
	}
	if err := get(alone(t, Params{}, nil)); err == nil {
		t.Error("the provider is trusted without the file")
	}
	if a := alone(t, Params{}, said{policy.ExtraCAFile: file + ".gone"}); a.way.untrusting == nil || a.way.untrusting.Code != localapi.ExtraCAFile {
		t.Errorf("a file that is not there: %+v", a.way.untrusting)
	}
}

func logLevelCounts(t *testing.T) {
	paths, err := desktop.PathsFor(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := settings.Find(paths, func() *policy.Policies { return policytest.Of(said{policy.LogLevel: "debug"}, nil) }).Preferences(func(string) string { return "" })
	if got := diag.Level(s.Text(policy.LogLevel)); got != slog.LevelDebug {
		t.Errorf("level %v", got)
	}
}

func auditLogCounts(t *testing.T) {
	for value, want := range map[string]bool{"off": false, "file": true} {
		dir := t.TempDir()
		a := alone(t, Params{Log: Log{Dir: dir}}, said{policy.AuditLog: value})
		a.record.add(session.Audit{Time: time.Now(), Event: session.AuditSignIn, Provider: "work", Account: "ada@contoso.example", Method: "browser"})
		files, err := os.ReadDir(dir)
		if err != nil || (len(files) > 0) != want {
			t.Errorf("%s: %v, %v", value, files, err)
		}
	}
}

func managedByCounts(t *testing.T) {
	o := newOffice(t)
	a := o.start()
	if now := a.await(hasPhase(localapi.Unconfigured)); now.Managed != nil {
		t.Errorf("nobody manages this computer: %+v", now.Managed)
	}
	o.decided(said{policy.ManagedByName: "Contoso IT", policy.ManagedByURL: "https://intranet.example/portico", policy.Theme: "dark"})
	report, err := a.Policy(t.Context())
	want := localapi.Managed{Name: "Contoso IT", URL: "https://intranet.example/portico"}
	if err != nil || report.Managed == nil || *report.Managed != want {
		t.Errorf("%+v, %v", report.Managed, err)
	}
	if now, _ := a.State(t.Context()); now.Managed == nil || *now.Managed != want {
		t.Errorf("state: %+v", now.Managed)
	}
	err = a.Set(t.Context(), localapi.SettingRequest{Key: "Theme", Value: "light"})
	var p *localapi.Problem
	if !errors.As(err, &p) || p.Code != localapi.SettingManaged || p.Params["by"] != want.Name || p.Params["key"] != "Theme" {
		t.Errorf("changing what is locked: %v", err)
	}
}
