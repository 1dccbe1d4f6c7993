package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/desktop"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/app/policy/policytest"
	"github.com/portico-desktop/portico/app/portal/manifest"
	"github.com/portico-desktop/portico/app/settings"
	"github.com/portico-desktop/portico/app/words"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// office is a portal, a provider, and one person's computer.
type office struct {
	t        *testing.T
	provider *authtest.Provider
	portal   *httptest.Server
	down     atomic.Bool // the portal answers 503
	strange  atomic.Bool // the portal answers with a web page
	brief    atomic.Bool // what the portal publishes is old at once
	name     atomic.Pointer[string]
	reads    atomic.Int32 // requests for the manifest
	keyStore *authtest.KeyStore
	paths    desktop.Paths
	http     *http.Client
	log      *slog.Logger
	// providers are the manifest's, nil for the usual one.
	providers []any
	// corrected are they since the portal's server runs, nil for as before.
	corrected atomic.Pointer[[]any]
	// logo is the manifest's light one, "" for none.
	logo string
	// menus are the manifest's, nil for the usual ones, and policies IT's.
	menus    []any
	policies func() *policy.Policies
	change   func(*Params)
	// waits are shorter than people's, nil for theirs.
	waits atomic.Pointer[settings.Waits]
}

func newOffice(t *testing.T, options ...authtest.Option) *office {
	t.Helper()
	o := &office{t: t, provider: authtest.New(t, options...), keyStore: authtest.NewKeyStore(), policies: policytest.None}
	o.http = o.provider.Client()
	o.portal = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if o.down.Load() {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		if o.strange.Load() {
			fmt.Fprint(w, "<!doctype html>")
			return
		}
		if r.URL.Path == "/logo.svg" && o.logo != "" {
			fmt.Fprint(w, o.logo)
			return
		}
		if r.URL.Path != manifest.Path {
			http.NotFound(w, r)
			return
		}
		o.reads.Add(1)
		w.Header().Set("Cache-Control", "max-age=600")
		if o.brief.Load() {
			w.Header().Set("Cache-Control", "max-age=0")
		}
		_ = json.NewEncoder(w).Encode(o.manifest())
	}))
	t.Cleanup(o.portal.Close)
	paths, err := desktop.PathsFor(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	o.paths = paths
	return o
}

func (o *office) work() []any {
	return []any{map[string]any{"id": "work", "title": "Work account", "authority": o.provider.URL, "client_id": authtest.ClientID}}
}

func (o *office) manifest() map[string]any {
	providers := o.providers
	if providers == nil {
		providers = o.work()
	}
	if now := o.corrected.Load(); now != nil {
		providers = *now
	}
	menus := o.menus
	if menus == nil {
		menus = []any{map[string]any{"id": "mail", "title": "Mail", "url": "https://mail.example/?u={login_hint}"}}
	}
	name := "Contoso IT"
	if published := o.name.Load(); published != nil {
		name = *published
	}
	m := map[string]any{
		"version": 1, "name": name, "support": map[string]any{"email": "help@contoso.example"},
		"providers": providers,
		"menus":     menus,
	}
	if o.logo != "" {
		m["logo"] = map[string]any{"light": "/logo.svg"}
	}
	return m
}

type running struct {
	*Agent
	localapi.Parts
	o    *office
	stop func()
}

func (o *office) start() *running {
	o.t.Helper()
	params := Params{
		Start: settings.Start{Paths: o.paths, Words: words.New("en"), Policies: func() *policy.Policies { return o.policies() }}, HTTP: o.http, Log: Log{To: o.log},
		Store:       vault.New(vault.Params{Service: "test", Backend: o.keyStore, Timeout: time.Second}),
		OpenBrowser: func(ctx context.Context, url string) error { _, err := o.provider.Browse(ctx, url); return err },
	}
	params.waits = func() settings.Waits {
		if shorter := o.waits.Load(); shorter != nil {
			return *shorter
		}
		return settings.Waits{Believe: 10 * time.Second, Recall: 30 * time.Second}
	}
	if o.change != nil {
		o.change(&params)
	}
	a := New(params)
	ctx, cancel := context.WithCancel(o.t.Context())
	var run sync.WaitGroup
	run.Go(func() {
		if err := a.Run(ctx); err != nil {
			o.t.Error(err)
		}
	})
	var once sync.Once
	r := &running{Agent: a, Parts: a.Parts(), o: o, stop: func() { once.Do(func() { cancel(); run.Wait() }) }}
	o.t.Cleanup(r.stop)
	return r
}

// remembered has Ada sign in on this computer, once and for the starts to come.
func (o *office) remembered() {
	o.t.Helper()
	first := o.start()
	first.await(phase(localapi.Unconfigured))
	if err := first.SetPortal(o.t.Context(), localapi.PortalRequest{Address: o.portal.URL}); err != nil {
		o.t.Fatal(err)
	}
	if _, err := first.SignIn(o.t.Context(), localapi.SignInRequest{Open: true}); err != nil {
		o.t.Fatal(err)
	}
	first.await(phase(localapi.SignedIn))
	first.stop()
}

// await watches until the state is as wanted.
func (r *running) await(want func(localapi.State) bool) localapi.State {
	r.o.t.Helper()
	ctx, cancel := context.WithTimeout(r.o.t.Context(), 20*time.Second)
	defer cancel()
	var last localapi.State
	for e, err := range r.Watch(ctx) {
		if err != nil {
			r.o.t.Fatalf("%v; the state was %+v, session %+v", err, last, last.Session)
		}
		if e.State != nil {
			if last = *e.State; want(last) {
				return last
			}
		}
	}
	r.o.t.Fatal("the watch ended")
	return last
}

func phase(p localapi.Phase) func(localapi.State) bool {
	return func(s localapi.State) bool { return s.Session.Phase == p }
}

func TestFromFirstRunToSilentStart(t *testing.T) {
	o := newOffice(t)
	first := o.start()
	first.await(phase(localapi.Unconfigured))
	found, err := first.CheckPortal(t.Context(), localapi.PortalRequest{Address: o.portal.URL + "/some/page"})
	if err != nil || found.Name != "Contoso IT" || found.Address != o.portal.URL {
		t.Fatalf("check = %+v, %v", found, err)
	}
	if s, _ := first.State(t.Context()); s.PortalAddress != "" {
		t.Error("checking an address has set it")
	}
	if err := first.SetPortal(t.Context(), localapi.PortalRequest{Address: o.portal.URL}); err != nil {
		t.Fatal(err)
	}
	out := first.await(phase(localapi.SignedOut))
	if out.Portal.Apps[0].URL != "" {
		t.Errorf("an address that needs a person is %q while nobody is signed in", out.Portal.Apps[0].URL)
	}
	if _, err := first.SignIn(t.Context(), localapi.SignInRequest{Open: true}); err != nil {
		t.Fatal(err)
	}
	in := first.await(phase(localapi.SignedIn))
	if in.Portal.Apps[0].URL != "https://mail.example/?u="+strings.ReplaceAll(authtest.Ada().Email, "@", "%40") {
		t.Errorf("app = %+v", in.Portal.Apps[0])
	}
	first.stop()

	o.down.Store(true) // the second start needs no portal
	o.provider.Forget()
	again := o.start()
	now := again.await(phase(localapi.SignedIn))
	if n := len(o.provider.Requests()); n != 1 || now.Portal == nil || now.PortalProblem != nil {
		t.Errorf("silent start: %d requests, portal %+v, problem %v", n, now.Portal, now.PortalProblem)
	}
}

func TestPortalThatIsDownIsNamedAndComesBack(t *testing.T) {
	o := newOffice(t)
	o.down.Store(true)
	r := o.start()
	r.await(phase(localapi.Unconfigured))
	err := r.SetPortal(t.Context(), localapi.PortalRequest{Address: o.portal.URL})
	var p *localapi.Problem
	if !errors.As(err, &p) || p.Code != localapi.PortalFailing {
		t.Errorf("err = %v", err)
	}
	r.stop()
	// The address was set on a better day, and nothing is cached.
	if err := os.WriteFile(filepath.Join(o.paths.Data, "settings.json"), fmt.Appendf(nil, `{"portal":%q}`, o.portal.URL), 0o600); err != nil {
		t.Fatal(err)
	}
	again := o.start()
	again.await(func(s localapi.State) bool {
		return s.PortalProblem != nil && s.PortalProblem.Code == localapi.PortalFailing && s.Session.Phase == localapi.SignedOut
	})
	if _, err := again.SignIn(t.Context(), localapi.SignInRequest{}); !errors.As(err, &p) || p.Code != localapi.PortalFailing {
		t.Errorf("signing in without a portal: %v", err)
	}
	o.down.Store(false)
	if _, err := again.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	again.await(func(s localapi.State) bool { return s.Portal != nil && s.PortalProblem == nil })
}

func TestRememberedPersonIsSignedInWhenThePortalComesBack(t *testing.T) {
	o := newOffice(t)
	o.remembered()
	if _, err := empty(o.paths.Cache); err != nil {
		t.Fatal(err)
	}
	o.down.Store(true)
	again := o.start()
	again.await(func(s localapi.State) bool { return s.PortalProblem != nil && s.Session.Phase == localapi.SignedOut })
	o.down.Store(false)
	if s, err := again.Refresh(t.Context()); err != nil || s.Session.Phase != localapi.SignedIn {
		t.Errorf("session = %+v, %v", s.Session, err)
	}
}

func TestPortalThatLookedWrongIsAskedAgainWhenTheNetworkChanges(t *testing.T) {
	o := newOffice(t)
	first := o.start()
	first.await(phase(localapi.Unconfigured))
	if err := first.SetPortal(t.Context(), localapi.PortalRequest{Address: o.portal.URL}); err != nil {
		t.Fatal(err)
	}
	first.stop()
	if _, err := empty(o.paths.Cache); err != nil {
		t.Fatal(err)
	}
	o.strange.Store(true)
	r := o.start()
	r.await(func(s localapi.State) bool {
		return s.PortalProblem != nil && s.PortalProblem.Code == localapi.NotAPortal
	})
	o.strange.Store(false)
	r.networkChanged()
	r.await(func(s localapi.State) bool { return s.Portal != nil && s.PortalProblem == nil })
}

func TestWhoeverWatchesAfterTheEndIsToldSo(t *testing.T) {
	o := newOffice(t)
	r := o.start()
	r.await(phase(localapi.Unconfigured))
	r.stop()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var last error
	for _, err := range r.Watch(ctx) {
		last = err
	}
	var p *localapi.Problem
	if !errors.As(last, &p) || p.Code != localapi.AgentGone {
		t.Errorf("err = %v", last)
	}
}

func TestDamagedSettingsAreNotFatal(t *testing.T) {
	o := newOffice(t)
	if err := o.paths.Make(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(o.paths.Data, "settings.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	o.start().await(phase(localapi.Unconfigured))
}

func TestForgetLeavesNoFileAndNoSecret(t *testing.T) {
	o := newOffice(t)
	r := o.start()
	r.await(phase(localapi.Unconfigured))
	if err := r.SetPortal(t.Context(), localapi.PortalRequest{Address: o.portal.URL}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.SignIn(t.Context(), localapi.SignInRequest{Open: true}); err != nil {
		t.Fatal(err)
	}
	r.await(phase(localapi.SignedIn))
	report, err := r.Forget(t.Context())
	if err != nil || report.Accounts != 1 || report.Files == 0 || len(report.Problems) != 0 {
		t.Errorf("report = %+v, %v", report, err)
	}
	r.await(phase(localapi.Unconfigured))
	for _, dir := range []string{o.paths.Data, o.paths.Cache} {
		if left, _ := os.ReadDir(dir); len(left) != 0 {
			t.Errorf("%s still has %v", dir, left)
		}
	}
	if len(o.keyStore.Entries("test")) != 0 {
		t.Error("the key store is not empty")
	}
}

// The key store's name must stay what it is: another one signs everybody out.
func TestKeyStoreNameIsStable(t *testing.T) {
	if got := storeName(desktop.Paths{}); got != "io.github.portico_desktop.Portico" {
		t.Errorf("storeName = %q", got)
	}
	if a, b := storeName(desktop.Paths{Custom: true, Data: "/a"}), storeName(desktop.Paths{Custom: true, Data: "/b"}); a == b {
		t.Error("two data directories share their sign-ins")
	}
}

// republish changes the portal's name, which stands for all of its manifest.
func (o *office) republish(name string) { o.name.Store(&name) }

// An administrator who has changed the manifest does not wait for an hour.
func TestWhoeverAsksGetsTheManifestOfNow(t *testing.T) {
	o := newOffice(t)
	r := o.signedIn()
	read := o.reads.Load()
	if _, err := r.State(t.Context()); err != nil || o.reads.Load() != read {
		t.Fatalf("a look at the state asks the portal (%v)", err)
	}
	o.republish("Contoso after all")
	now, err := r.Refresh(t.Context())
	if err != nil || now.Portal.Name != "Contoso after all" || now.Session.Phase != localapi.SignedIn || o.reads.Load() != read+1 {
		t.Errorf("%+v, %d requests, %v", now.Portal, o.reads.Load()-read, err)
	}
	o.republish("Contoso again")
	o.providers = append(o.work(), map[string]any{"id": "new", "authority": o.provider.URL, "client_id": "x"})
	if got, err := r.Providers(t.Context()); err != nil || len(got) != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	if now, _ := r.State(t.Context()); now.Portal.Name != "Contoso again" || len(now.Portal.Providers) != 2 {
		t.Errorf("%+v", now.Portal)
	}

	o.down.Store(true)
	now, err = r.Refresh(t.Context())
	if err != nil || now.PortalProblem == nil || now.PortalProblem.Code != localapi.PortalFailing || now.Portal.Name != "Contoso again" || now.Session.Phase != localapi.SignedIn {
		t.Errorf("with the portal down: %+v, %v, %v", now.Portal, now.PortalProblem, err)
	}
	if got, err := r.Providers(t.Context()); err != nil || len(got) != 2 {
		t.Errorf("with the portal down: %+v, %v", got, err)
	}
	r.stop()

	o.down.Store(false)
	o.republish("Contoso at last")
	o.change = func(p *Params) { p.Passive = true }
	alone := o.start()
	if _, err := alone.Providers(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now, _ := alone.State(t.Context()); now.Portal.Name != "Contoso at last" {
		t.Errorf("without a running agent: %+v", now.Portal)
	}
}

// A copy of the metadata that is fresh says nothing about the provider of now.
func TestProvidersAreAskedNow(t *testing.T) {
	o := newOffice(t)
	r := o.signedIn()
	if got, err := r.Providers(t.Context()); err != nil || len(got[0].Problems) != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	t.Cleanup(o.provider.Fault(authtest.Drop(authtest.Discovery)))
	if got, err := r.Providers(t.Context()); err != nil || len(got[0].Problems) != 1 || got[0].Problems[0].Code != localapi.ProviderUnreachable {
		t.Errorf("%+v, %v", got, err)
	}
}

// Somebody who waits for the sign-in does not wait for a portal that says nothing.
func TestPortalThatHangsIsNotReachable(t *testing.T) {
	o := newOffice(t)
	r := o.signedIn()
	late := &localapi.Problem{Code: localapi.PortalUnreachable}
	ctx, cancel := context.WithDeadlineCause(t.Context(), time.Now().Add(-time.Second), late)
	defer cancel()
	if err := r.keeper.Renew(ctx); err == nil {
		t.Fatal("no error")
	}
	if now, _ := r.State(t.Context()); now.PortalProblem == nil || now.PortalProblem.Code != localapi.PortalUnreachable || now.Portal == nil {
		t.Errorf("%+v", now.PortalProblem)
	}
}

func TestWhoeverLooksGetsAManifestThatIsNotStale(t *testing.T) {
	o := newOffice(t)
	o.brief.Store(true)
	r := o.start()
	r.await(phase(localapi.Unconfigured))
	if err := r.SetPortal(t.Context(), localapi.PortalRequest{Address: o.portal.URL}); err != nil {
		t.Fatal(err)
	}
	before := r.await(phase(localapi.SignedOut)).PortalChecked
	r.await(func(s localapi.State) bool { return s.PortalChecked.After(before) })
}
