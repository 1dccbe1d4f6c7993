package session

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/loopback"
	"github.com/portico-desktop/portico/auth/vault"
)

// desk is one person's computer. start makes a new Portico on it, as at log-on.
type desk struct {
	t         *testing.T
	provider  *authtest.Provider
	keyStore  *authtest.KeyStore
	dir       string
	patience  time.Duration   // until an answer begins
	described []auth.Provider // nil for the provider alone
	change    func(*Params)
	rules     Rules
	watch     func(localapi.Session) // told of every change
	latest    atomic.Pointer[running]
}

func newDesk(t *testing.T, options ...authtest.Option) *desk {
	t.Helper()
	return &desk{t: t, provider: authtest.New(t, options...), keyStore: authtest.NewKeyStore(), dir: t.TempDir(), patience: 10 * time.Second}
}

// work is the provider as it is described usually.
func (d *desk) work() auth.Provider {
	return auth.Provider{ID: "work", Title: "Work account", Authority: d.provider.URL, ClientID: authtest.ClientID}
}

type running struct {
	*Session
	d    *desk
	http *http.Client
	news chan struct{}
	stop func()
}

func (d *desk) start() *running {
	d.t.Helper()
	client := d.provider.Client()
	client.Timeout = 10 * time.Second
	transport := client.Transport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = d.patience
	client.Transport = transport
	r := &running{d: d, http: client, news: make(chan struct{}, 1)}
	params := Params{
		Store: vault.New(vault.Params{Service: "test", Backend: d.keyStore, Timeout: time.Second}), CacheDir: d.dir, LockDir: d.dir, HTTP: client,
		Page: func(Ending) loopback.Page { return loopback.Page{} },
		Changed: func() {
			if d.watch != nil {
				now, _ := r.Snapshot()
				d.watch(now)
			}
			select {
			case r.news <- struct{}{}:
			default:
			}
		},
	}
	if d.change != nil {
		d.change(&params)
	}
	r.holdNothing(&params)
	r.Session = New(params)
	d.latest.Store(r)
	ctx, cancel := context.WithCancel(d.t.Context())
	r.Bind(ctx)
	r.SetRules(d.rules)
	var run sync.WaitGroup
	run.Go(func() { r.Run(ctx) })
	var once sync.Once
	r.stop = func() { once.Do(func() { cancel(); run.Wait() }) }
	d.t.Cleanup(r.stop)
	providers := d.described
	if providers == nil {
		providers = []auth.Provider{d.work()}
	}
	if err := r.SetProviders(providers); err != nil {
		d.t.Fatal(err)
	}
	r.Resume(ctx, false)
	return r
}

// await waits for a change after which the session satisfies want.
func (r *running) await(want func(localapi.Session) bool) localapi.Session {
	r.d.t.Helper()
	limit := time.NewTimer(20 * time.Second)
	defer limit.Stop()
	for {
		now, _ := r.Snapshot()
		if want(now) {
			return now
		}
		select {
		case <-r.news:
		case <-limit.C:
			r.d.t.Fatalf("still %+v (problem %+v)", now, now.Problem)
		}
	}
}

func phase(p localapi.Phase) func(localapi.Session) bool {
	return func(s localapi.Session) bool { return s.Phase == p }
}

func (r *running) signIn() { r.signInAs(localapi.SignInRequest{}) }

func (r *running) signInAs(req localapi.SignInRequest) localapi.Session {
	r.d.t.Helper()
	in, err := r.SignIn(r.d.t.Context(), req)
	if err != nil {
		r.d.t.Fatal(err)
	}
	r.state.mu.Lock()
	under := r.state.attempts.active
	r.state.mu.Unlock()
	resp, err := r.d.provider.Browse(r.d.t.Context(), in.URL)
	if err != nil {
		r.d.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		r.d.t.Fatalf("the browser ends on %s", resp.Status)
	}
	if under != nil {
		<-under.ended // the key store is read once more: tests count how often it is asked
	}
	return r.await(phase(localapi.SignedIn))
}

func TestSignInIsRememberedOverRestarts(t *testing.T) {
	d := newDesk(t)
	first := d.start()
	first.await(phase(localapi.SignedOut))
	first.signIn()
	first.stop()

	d.provider.Forget()
	again := d.start()
	now := again.await(phase(localapi.SignedIn))
	if now.Account == nil || now.Account.Name != authtest.Ada().Name || !now.Account.Remembered {
		t.Errorf("account = %+v", now.Account)
	}
	if n := len(d.provider.Requests()); n != 1 {
		t.Errorf("the silent start made %d requests, want 1", n)
	}
}

// What an outcome of a silent start means for the person.
func TestOutcomesOfASilentStart(t *testing.T) {
	tests := map[string]struct {
		fault     authtest.Fault
		phase     localapi.Phase
		code      localapi.Code
		then      localapi.Phase // after the fault is gone and Refresh was asked for
		retriesIn time.Duration  // at least; 0 for no retry
	}{
		"500":                  {authtest.TokenStatus(500), localapi.Offline, localapi.ProviderFailing, localapi.SignedIn, time.Second},
		"429":                  {authtest.RetryAfter(authtest.Token, 429, time.Minute), localapi.Offline, localapi.ProviderBusy, localapi.SignedIn, time.Minute},
		"no answer":            {authtest.Drop(authtest.Token), localapi.Offline, localapi.ProviderUnreachable, localapi.SignedIn, time.Second},
		"a web page":           {authtest.HTML(authtest.Token), localapi.Offline, localapi.ProviderFailing, localapi.SignedIn, time.Second},
		"interaction required": {authtest.TokenError("interaction_required", nil), localapi.NeedsSignIn, localapi.SignInAgain, localapi.SignedIn, 0},
		"consent required":     {authtest.TokenError("consent_required", nil), localapi.NeedsSignIn, localapi.ConsentByPerson, localapi.SignedIn, 0},
		"client refused":       {authtest.TokenError("invalid_client", nil), localapi.Blocked, localapi.ClientRejected, localapi.SignedIn, 0},
		"untrusted":            {authtest.WrongAudience(), localapi.Blocked, localapi.Untrusted, localapi.SignedIn, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, authtest.WithoutRotation())
			first := d.start()
			first.signIn()
			first.stop()
			lift := d.provider.Fault(test.fault)
			again := d.start()
			now := again.await(phase(test.phase))
			if now.Problem == nil || now.Problem.Code != test.code || now.Account == nil {
				t.Errorf("problem = %+v, account = %+v; want %s and the account kept", now.Problem, now.Account, test.code)
			}
			if test.retriesIn == 0 && !now.NextTry.IsZero() || test.retriesIn > 0 && time.Until(now.NextTry) < test.retriesIn-2*time.Second {
				t.Errorf("next try at %v, want none before %v", now.NextTry, test.retriesIn)
			}
			lift()
			_ = again.Refresh(t.Context())
			again.await(phase(test.then))
		})
	}
}

// Time limits of requests and of the key store wrap context.DeadlineExceeded,
// which must not be taken for a person who did not come back.
func TestProviderThatHangsLeavesThePersonOffline(t *testing.T) {
	d := newDesk(t)
	first := d.start()
	first.signIn()
	first.stop()
	d.provider.Fault(authtest.Hang(authtest.Token))
	d.patience = 100 * time.Millisecond
	now := d.start().await(phase(localapi.Offline))
	if now.Problem.Code != localapi.ProviderUnreachable || now.Account == nil || now.NextTry.IsZero() {
		t.Errorf("session = %+v, problem = %+v", now, now.Problem)
	}
}

func TestKeyStoreThatHangsIsNamed(t *testing.T) {
	d := newDesk(t)
	d.keyStore.Hang()
	defer d.keyStore.Heal()
	now := d.start().await(phase(localapi.Blocked))
	if now.Problem.Code != localapi.KeyStoreSilent {
		t.Errorf("problem = %+v", now.Problem)
	}
}

func TestEndedGrantNeedsASignInAndOffersTheAccount(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	d.provider.Revoke()
	_ = r.Refresh(t.Context())
	now := r.await(phase(localapi.NeedsSignIn))
	if now.Problem.Code != localapi.SignInExpired || now.Account == nil || now.Account.Remembered {
		t.Errorf("session = %+v, problem %+v", now, now.Problem)
	}
	r.stop()
	again := d.start()
	again.await(func(s localapi.Session) bool { return s.Phase == localapi.NeedsSignIn && s.Account != nil })
	again.signIn()
}

func TestNetworkComingBackTriesAtOnce(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	lift := d.provider.Fault(authtest.Drop(authtest.Token))
	_ = r.Refresh(t.Context())
	r.await(phase(localapi.Offline))
	lift()
	r.NetworkChanged()
	r.await(phase(localapi.SignedIn))
}

func TestWaitingCancelAndTimeOut(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	in, err := r.SignIn(t.Context(), localapi.SignInRequest{})
	if err != nil {
		t.Fatal(err)
	}
	now, _ := r.Snapshot()
	if now.Phase != localapi.SigningIn || now.SignIn.URL != in.URL || now.SignIn.Stage != localapi.StageBrowser {
		t.Errorf("session = %+v", now)
	}
	if same, err := r.SignIn(t.Context(), localapi.SignInRequest{}); err != nil || same.URL != in.URL {
		t.Errorf("a second call gave another sign-in (%v)", err)
	}
	r.CancelSignIn()
	now, _ = r.Snapshot()
	if now.Phase != localapi.SignedOut || now.Problem.Code != localapi.Cancelled {
		t.Errorf("after cancel: %+v", now)
	}
	if _, err := r.SignIn(t.Context(), localapi.SignInRequest{Timeout: time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	now = r.await(phase(localapi.SignedOut))
	if now.Problem.Code != localapi.TimedOut {
		t.Errorf("after the limit: %+v", now.Problem)
	}
}

func TestCancellingWhileOfflineLeavesThePersonOffline(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	lift := d.provider.Fault(authtest.Drop(authtest.Token))
	_ = r.Refresh(t.Context())
	r.await(phase(localapi.Offline))
	if _, err := r.SignIn(t.Context(), localapi.SignInRequest{}); err != nil {
		t.Fatal(err)
	}
	r.CancelSignIn()
	if now, _ := r.Snapshot(); now.Phase != localapi.Offline || now.Account == nil || now.NextTry.IsZero() {
		t.Errorf("session = %+v", now)
	}
	lift()
	r.NetworkChanged()
	r.await(phase(localapi.SignedIn))
}

func TestDecliningAndUnreachableProviders(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	d.provider.Behave(authtest.Denies)
	in, err := r.SignIn(t.Context(), localapi.SignInRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.provider.Browse(t.Context(), in.URL); err != nil {
		t.Fatal(err)
	}
	now := r.await(phase(localapi.SignedOut))
	if now.Problem == nil || now.Problem.Code != localapi.Declined {
		t.Errorf("declined: %+v", now.Problem)
	}
}

func TestFaultsOfTheProvidersDescription(t *testing.T) {
	tests := map[string]struct {
		fault authtest.Fault
		code  localapi.Code
	}{
		"down":            {authtest.Drop(authtest.Discovery), localapi.ProviderUnreachable},
		"web page":        {authtest.HTML(authtest.Discovery), localapi.NotAProvider},
		"other issuer":    {authtest.OtherIssuer(), localapi.Untrusted},
		"503":             {authtest.Status(authtest.Discovery, 503), localapi.ProviderFailing},
		"404":             {authtest.Status(authtest.Discovery, 404), localapi.NotAProvider},
		"redirect":        {authtest.RedirectTo(authtest.Discovery, 302, "https://evil.example/"), localapi.NotAProvider},
		"without S256":    {authtest.Metadata(func(m map[string]any) { m["code_challenge_methods_supported"] = []string{"plain"} }), localapi.NotAProvider},
		"token over http": {authtest.Metadata(func(m map[string]any) { m["token_endpoint"] = "http://login.example/token" }), localapi.NotAProvider},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			r := d.start()
			lift := d.provider.Fault(test.fault)
			_, err := r.SignIn(t.Context(), localapi.SignInRequest{})
			p, ok := err.(*localapi.Problem)
			if !ok || p.Code != test.code {
				t.Errorf("err = %v, want %s", err, test.code)
			}
			now, _ := r.Snapshot()
			if now.Problem == nil || now.Problem.Code != test.code || now.Account != nil {
				t.Errorf("session = %+v", now)
			}
			lift()
			r.signIn()
		})
	}
}

func TestKeyStoreTroubleAtTheStart(t *testing.T) {
	tests := map[vault.Kind]struct {
		phase  localapi.Phase
		code   localapi.Code
		notice bool
	}{
		vault.Missing: {localapi.SignedOut, localapi.KeyStoreMissing, true},
		vault.Locked:  {localapi.Blocked, localapi.KeyStoreLocked, false},
		vault.Silent:  {localapi.Blocked, localapi.KeyStoreSilent, false},
		vault.Failing: {localapi.Blocked, localapi.KeyStoreFailing, false},
	}
	for kind, test := range tests {
		t.Run(string(test.code), func(t *testing.T) {
			d := newDesk(t)
			first := d.start()
			first.signIn()
			first.stop()
			d.keyStore.Fail(kind)
			r := d.start()
			now := r.await(phase(test.phase))
			_, notices := r.Snapshot()
			if test.notice && (len(notices) != 1 || notices[0].Code != test.code) {
				t.Errorf("notices = %+v", notices)
			}
			if !test.notice && (now.Problem == nil || now.Problem.Code != test.code) {
				t.Errorf("problem = %+v", now.Problem)
			}
			_ = r.Refresh(t.Context())
			r.await(phase(test.phase)) // it is as it was
			d.keyStore.Heal()
			_ = r.Refresh(t.Context())
			r.await(phase(localapi.SignedIn))
			if _, notices := r.Snapshot(); len(notices) != 0 {
				t.Errorf("notices = %+v, of a key store that has come", notices)
			}
		})
	}
}

func TestFullKeyStoreWarnsAndTheSignInHolds(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	d.keyStore.Fail(vault.Full)
	r.signIn()
	now, notices := r.Snapshot()
	if now.Account.Remembered || len(notices) != 1 || notices[0].Code != localapi.KeyStoreFull {
		t.Errorf("account = %+v, notices = %+v", now.Account, notices)
	}
	d.keyStore.Heal()
	if err := r.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if now, notices := r.Snapshot(); !now.Account.Remembered || len(notices) != 0 {
		t.Errorf("after it came back: %+v, %+v", now.Account, notices)
	}
}

func TestSignOutReportsItsSteps(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	report, err := r.SignOut(t.Context(), localapi.SignOutRequest{Browser: true})
	if err != nil || report.Local != localapi.StepDone || report.Revoked != localapi.StepDone || report.Browser != localapi.StepInBrowser || report.BrowserURL == "" {
		t.Errorf("report = %+v, %v", report, err)
	}
	if _, err := d.provider.Browse(t.Context(), report.BrowserURL); err != nil || d.provider.BrowserSession() {
		t.Errorf("the browser's session goes on (%v)", err)
	}
	if now, _ := r.Snapshot(); now.Phase != localapi.SignedOut || now.Account != nil {
		t.Errorf("session = %+v", now)
	}
	if len(d.keyStore.Entries("test")) != 0 {
		t.Error("the key store is not empty")
	}
	if _, err := r.SignOut(t.Context(), localapi.SignOutRequest{}); err == nil {
		t.Error("a second sign-out claims to have done something")
	}
}

func TestForgetLeavesNothing(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	n, problems := r.Forget(t.Context())
	if n != 1 || len(problems) != 0 || len(d.keyStore.Entries("test")) != 0 {
		t.Errorf("removed %d, problems %+v, left %d", n, problems, len(d.keyStore.Entries("test")))
	}
}

func TestUnknownProviderIsToldWhichThereAre(t *testing.T) {
	r := newDesk(t).start()
	_, err := r.SignIn(t.Context(), localapi.SignInRequest{Provider: "nope"})
	p, ok := err.(*localapi.Problem)
	if !ok || p.Code != localapi.UnknownProvider || p.Params["providers"] != "work" {
		t.Errorf("err = %v, %+v", err, p)
	}
}
