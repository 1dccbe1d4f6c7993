package agent

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/diag"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// said are policies of the machine.
type said = map[policy.Name]any

func (o *office) decided(machine said) {
	o.policies = func() *policy.Policies { return policy.Of(machine, nil, nil) }
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
		policy.Browser:            browserCounts,
		policy.Autostart:          func(t *testing.T) { windowIsTold(t, policy.Autostart, policy.Never) }, // cmd/portico-agent asks it
		policy.StartHidden:        startHiddenCounts,
		policy.KioskMode:          kioskModeCounts,
		policy.CloseToTray:        func(t *testing.T) { windowIsTold(t, policy.CloseToTray, policy.Never) },
		policy.Theme:              func(t *testing.T) { windowIsTold(t, policy.Theme, "dark") },
		policy.Language:           languageCounts,
		policy.Proxy:              proxyCounts,
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
	o.change = func(p *Params) { p.Portal = "https://elsewhere.example" }
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
	o.change = func(p *Params) { p.Portal = o.portal.URL }
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

func signInEnabledCounts(t *testing.T) {
	o := newOffice(t)
	o.decided(said{policy.PortalURL: o.portal.URL})
	first := o.start()
	first.await(hasPhase(localapi.SignedOut))
	first.signedIn(localapi.SignInRequest{})
	first.stop()
	o.provider.Forget()
	o.decided(said{policy.PortalURL: o.portal.URL, policy.SignInEnabled: false, policy.ManagedByName: "Contoso IT"})
	a := o.start()
	now := a.await(func(s localapi.State) bool { return s.Portal != nil && s.Session.Phase == localapi.Blocked })
	if now.Session.Problem.Code != localapi.SignInTurnedOff || now.Session.Problem.Params["by"] != "Contoso IT" {
		t.Errorf("problem = %+v", now.Session.Problem)
	}
	if _, err := a.SignIn(t.Context(), localapi.SignInRequest{}); problemCode(err) != localapi.SignInTurnedOff {
		t.Errorf("signing in: %v", err)
	}
	if n := len(o.provider.Requests(authtest.Token)); n != 0 {
		t.Errorf("the provider was asked %d times", n)
	}
	o.decided(said{policy.PortalURL: o.portal.URL})
	if _, err := a.Policy(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.await(hasPhase(localapi.SignedIn))
}

func autoSignInCounts(t *testing.T) {
	o := newOffice(t)
	var opened atomic.Int32
	o.change = func(p *Params) {
		p.Desktop = true
		p.OpenBrowser = func(ctx context.Context, address string) error {
			opened.Add(1)
			_, err := o.provider.Browse(ctx, address)
			return err
		}
	}
	o.decided(said{policy.PortalURL: o.portal.URL})
	plain := o.start()
	plain.await(hasPhase(localapi.SignedOut))
	plain.stop()
	if n := opened.Load(); n != 0 {
		t.Fatalf("without the policy the browser opened %d times", n)
	}
	o.decided(said{policy.PortalURL: o.portal.URL, policy.AutoSignIn: true, policy.RememberMe: policy.Never})
	a := o.start()
	a.await(hasPhase(localapi.SignedIn))
	a.stop()
	again := o.start()
	again.await(hasPhase(localapi.SignedOut))
	again.stop()
	if n := opened.Load(); n != 1 {
		t.Errorf("the browser opened %d times, want once ever", n)
	}

	several := newOffice(t)
	several.providers = append(several.work(), map[string]any{"id": "other", "authority": "https://other.example", "client_id": "c"})
	several.decided(said{policy.PortalURL: several.portal.URL, policy.AutoSignIn: true})
	several.change = o.change
	b := several.start()
	b.await(hasPhase(localapi.SignedOut))
	b.stop()
	if n := opened.Load(); n != 1 {
		t.Error("the browser opened although the person has to choose")
	}
	kept, err := readKept(several.paths)
	if err != nil || kept.Begun {
		t.Errorf("the one time is used up: %+v, %v", kept, err)
	}
}

func (r *running) request(req localapi.SignInRequest) url.Values {
	r.o.t.Helper()
	r.await(hasPhase(localapi.SignedOut))
	in, err := r.SignIn(r.o.t.Context(), req)
	if err != nil {
		r.o.t.Fatal(err)
	}
	u, err := url.Parse(in.URL)
	if err != nil {
		r.o.t.Fatal(err)
	}
	q := u.Query()
	q.Set("waits", in.Deadline.Sub(in.Started).String())
	return q
}

func domainHintCounts(t *testing.T) {
	o := newOffice(t)
	o.providers = []any{map[string]any{"id": "work", "authority": o.provider.URL, "client_id": authtest.ClientID, "dialect": "google"}}
	o.decided(said{policy.PortalURL: o.portal.URL, policy.DomainHint: "contoso.example"})
	if got := o.start().request(localapi.SignInRequest{}).Get("hd"); got != "contoso.example" {
		t.Errorf("hd = %q", got)
	}
}

func allowedDomainsCount(t *testing.T) {
	o := newOffice(t)
	o.decided(said{policy.PortalURL: o.portal.URL, policy.AllowedDomains: []string{"fabrikam.example"}})
	a := o.start()
	a.await(hasPhase(localapi.SignedOut))
	if _, err := a.SignIn(t.Context(), localapi.SignInRequest{Open: true}); err != nil {
		t.Fatal(err)
	}
	now := a.await(func(s localapi.State) bool { return s.Session.Problem != nil && s.Session.Phase != localapi.SigningIn })
	if p := now.Session.Problem; p.Code != localapi.DomainNotAllowed || p.Params["domain"] != "contoso.example" || p.Params["domains"] != "fabrikam.example" {
		t.Errorf("problem = %+v", p)
	}
	if n := len(o.keyStore.Entries("test")); n != 0 {
		t.Errorf("%d entries in the key store", n)
	}
	// Decided about somebody who is signed in.
	o.decided(said{policy.PortalURL: o.portal.URL})
	if _, err := a.Policy(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.signedIn(localapi.SignInRequest{})
	o.decided(said{policy.PortalURL: o.portal.URL, policy.AllowedDomains: []string{"fabrikam.example"}})
	if _, err := a.Policy(t.Context()); err != nil {
		t.Fatal(err)
	}
	now = a.await(hasPhase(localapi.Blocked))
	if now.Session.Problem.Code != localapi.DomainNotAllowed {
		t.Errorf("problem = %+v", now.Session.Problem)
	}
	if accounts, err := a.Accounts(t.Context()); err != nil || len(accounts) != 1 || !accounts[0].Remembered {
		t.Errorf("the sign-in is not kept: %+v, %v", accounts, err)
	}
}

func allowedTenantsCount(t *testing.T) {
	o := newOffice(t, authtest.WithEntra(authtest.EntraOptions{}))
	o.providers = []any{map[string]any{"id": "work", "authority": o.provider.URL, "client_id": authtest.ClientID, "dialect": "entra"}}
	o.decided(said{policy.PortalURL: o.portal.URL, policy.AllowedTenants: []string{authtest.EntraOther}})
	a := o.start()
	a.await(hasPhase(localapi.SignedOut))
	if _, err := a.SignIn(t.Context(), localapi.SignInRequest{Open: true}); err != nil {
		t.Fatal(err)
	}
	now := a.await(func(s localapi.State) bool { return s.Session.Problem != nil && s.Session.Phase != localapi.SigningIn })
	if p := now.Session.Problem; p.Code != localapi.TenantNotAllowed || p.Params["tenant"] != authtest.EntraTenant {
		t.Errorf("problem = %+v", p)
	}
}

func rememberMeCounts(t *testing.T) {
	for value, test := range map[string]struct{ asked, kept bool }{
		policy.Never: {false, false}, policy.Always: {true, true}, policy.UserDecides: {true, false},
	} {
		o := newOffice(t)
		o.decided(said{policy.PortalURL: o.portal.URL, policy.RememberMe: value})
		a := o.start()
		a.await(hasPhase(localapi.SignedOut))
		now := a.signedIn(localapi.SignInRequest{MemoryOnly: test.asked})
		if now.Session.Account.Remembered != test.kept || (len(o.keyStore.Entries("test")) > 0) != test.kept {
			t.Errorf("%s: %+v", value, now.Session.Account)
		}
		if row := setting(now, policy.RememberMe); row.Locked != (value != policy.UserDecides) {
			t.Errorf("%s: %+v", value, row)
		}
		a.stop()
	}
}

func tokenStoreCounts(t *testing.T) {
	o := newOffice(t)
	o.change = func(p *Params) { p.Store = nil }
	o.decided(said{policy.PortalURL: o.portal.URL, policy.TokenStore: "file"})
	dir := filepath.Join(o.paths.Data, "sign-ins")
	first := o.start()
	first.await(hasPhase(localapi.SignedOut))
	if now := first.signedIn(localapi.SignInRequest{}); !now.Session.Account.Remembered {
		t.Errorf("account = %+v", now.Session.Account)
	}
	first.stop()
	if files, err := os.ReadDir(dir); err != nil || len(files) == 0 {
		t.Fatalf("files: %v, %v", files, err)
	}
	again := o.start()
	again.await(hasPhase(localapi.SignedIn))
	again.stop()

	// In memory, nothing is looked at and nothing is added.
	o.decided(said{policy.PortalURL: o.portal.URL, policy.TokenStore: "memory"})
	before, _ := os.ReadDir(dir)
	memory := o.start()
	memory.await(hasPhase(localapi.SignedOut))
	if now := memory.signedIn(localapi.SignInRequest{}); now.Session.Account.Remembered {
		t.Errorf("in memory: %+v", now.Session.Account)
	}
	if report, err := memory.SignOut(t.Context(), localapi.SignOutRequest{}); err != nil || report.Local != localapi.StepDone || report.Revoked != localapi.StepDone {
		t.Errorf("signing out: %+v, %v", report, err)
	}
	memory.stop()
	if after, _ := os.ReadDir(dir); len(after) != len(before) {
		t.Errorf("%d files, were %d", len(after), len(before))
	}

	// Back in the key store: nobody is signed out, and no file stays.
	s := newStores(o.paths, "os")
	s.system = vault.New(vault.Params{Service: "test", Backend: o.keyStore, Timeout: time.Second})
	o.keyStore.Fail(vault.Missing)
	if err := s.bringBack(t.Context(), t.TempDir()); err == nil {
		t.Error("a key store that is missing is no error")
	}
	o.keyStore.Heal()
	if known, err := auth.Accounts(t.Context(), s.files); err != nil || len(known) != 1 {
		t.Fatalf("the sign-in is lost: %+v, %v", known, err)
	}
	if err := s.bringBack(t.Context(), t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if known, err := auth.Accounts(t.Context(), s.system); err != nil || len(known) != 1 || !known[0].Remembered {
		t.Errorf("known = %+v, %v", known, err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("files stay: %v", err)
	}
}

func TestForgettingTakesTheFilesOfSignInsAway(t *testing.T) {
	o := newOffice(t)
	o.change = func(p *Params) { p.Store = nil }
	o.decided(said{policy.PortalURL: o.portal.URL, policy.TokenStore: "file"})
	a := o.start()
	a.await(hasPhase(localapi.SignedOut))
	a.signedIn(localapi.SignInRequest{})
	report, err := a.Forget(t.Context())
	if err != nil || report.Accounts != 1 {
		t.Errorf("%+v, %v", report, err)
	}
	if _, err := os.Stat(filepath.Join(o.paths.Data, "sign-ins")); !os.IsNotExist(err) {
		t.Errorf("files stay: %v", err)
	}
	// IT's address is not the person's trace.
	a.await(func(s localapi.State) bool { return s.Portal != nil && s.PortalAddress == o.portal.URL })
}

func signInTimeoutCounts(t *testing.T) {
	o := newOffice(t)
	o.decided(said{policy.PortalURL: o.portal.URL, policy.SignInTimeout: 600})
	if got := o.start().request(localapi.SignInRequest{}).Get("waits"); got != "10m0s" {
		t.Errorf("the sign-in waits %s", got)
	}
}

func redirectPortsCount(t *testing.T) {
	busy, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	port := busy.Addr().(*net.TCPAddr).Port
	ports := fmt.Sprintf("%d-%d", port, port+9)
	o := newOffice(t)
	o.decided(said{policy.PortalURL: o.portal.URL, policy.RedirectPorts: ports})
	back, err := url.Parse(o.start().request(localapi.SignInRequest{}).Get("redirect_uri"))
	if err != nil {
		t.Fatal(err)
	}
	var got int
	if _, err := fmt.Sscan(back.Port(), &got); err != nil || got <= port || got > port+9 {
		t.Errorf("%s is not on one of %s", back, ports)
	}
	full := newOffice(t)
	full.decided(said{policy.PortalURL: full.portal.URL, policy.RedirectPorts: fmt.Sprint(port)})
	a := full.start()
	a.await(hasPhase(localapi.SignedOut))
	if _, err := a.SignIn(t.Context(), localapi.SignInRequest{}); problemCode(err) != localapi.RedirectPortUsed {
		t.Errorf("the only port is in use: %v", err)
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
	o.change = func(p *Params) { p.Portal = o.portal.URL }
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
		s := Preferences(paths, policy.Of(said{policy.Language: value}, nil, nil), func(string) string { return "" })
		if got := words.New(Languages(s)...).Language(); got != want {
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
	p.Paths, p.Words = paths, words.New("en")
	p.Policies = func() *policy.Policies { return policy.Of(machine, nil, nil) }
	return New(p)
}

func proxyCounts(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://environment.example:1")
	for value, want := range map[string]string{"http://policy.example:8080": "http://policy.example:8080", "direct": ""} {
		if got := alone(t, Params{}, said{policy.Proxy: value}).network.Settings(); got.HTTPS != want {
			t.Errorf("%s: %+v", value, got)
		}
	}
	if got := alone(t, Params{}, nil).network.Settings(); got.HTTPS != "http://environment.example:1" {
		t.Errorf("without the policy: %+v", got)
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
		resp, err := a.p.HTTP.Do(req)
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
	if a := alone(t, Params{}, said{policy.ExtraCAFile: file + ".gone"}); a.untrusting == nil || a.untrusting.Code != localapi.ExtraCAFile {
		t.Errorf("a file that is not there: %+v", a.untrusting)
	}
}

func logLevelCounts(t *testing.T) {
	paths, err := desktop.PathsFor(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := Preferences(paths, policy.Of(said{policy.LogLevel: "debug"}, nil, nil), func(string) string { return "" })
	if got := diag.Level(s.Text(policy.LogLevel)); got != slog.LevelDebug {
		t.Errorf("level %v", got)
	}
}

func auditLogCounts(t *testing.T) {
	for value, want := range map[string]bool{"off": false, "file": true} {
		dir := t.TempDir()
		a := alone(t, Params{LogDir: dir}, said{policy.AuditLog: value})
		a.record(session.Audit{Time: time.Now(), Event: session.AuditSignIn, Provider: "work", Account: "ada@contoso.example", Method: "browser"})
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
