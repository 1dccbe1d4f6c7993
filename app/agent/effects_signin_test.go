package agent

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/policy/policytest"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

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
	kept, err := b.decisions.ReadPerson()
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
	s := newStores(vault.New(vault.Params{Service: "test", Backend: o.keyStore, Timeout: time.Second}), o.paths)
	s.choose(policytest.None().Resolve(policy.Layers{}), false)
	o.keyStore.Fail(vault.Missing)
	if err := s.bringBack(t.Context(), t.TempDir()); err == nil {
		t.Error("a key store that is missing is no error")
	}
	o.keyStore.Heal()
	if known, err := auth.NewAccounts(s.files, "").All(t.Context()); err != nil || len(known) != 1 {
		t.Fatalf("the sign-in is lost: %+v, %v", known, err)
	}
	s.unsure = true // the policies cannot be read
	if err := s.bringBack(t.Context(), t.TempDir()); err != nil || !s.hasFiles() {
		t.Errorf("moved for a policy that cannot be read: %v", err)
	}
	s.unsure = false
	if err := s.bringBack(t.Context(), t.TempDir()); err != nil {
		t.Fatal(err)
	}
	if known, err := auth.NewAccounts(s.system, "").All(t.Context()); err != nil || len(known) != 1 || !known[0].Remembered {
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
