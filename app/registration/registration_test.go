package registration

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/session"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// desk is one person's computer, with a session beside the registrations, as an agent has
// them.
type desk struct {
	t         *testing.T
	provider  *authtest.Provider
	keyStore  *authtest.KeyStore
	dir       string
	described []auth.Provider // nil for the provider alone
}

func newDesk(t *testing.T, options ...authtest.Option) *desk {
	t.Helper()
	return &desk{t: t, provider: authtest.New(t, options...), keyStore: authtest.NewKeyStore(), dir: t.TempDir()}
}

// work is the provider as it is described usually.
func (d *desk) work() auth.Provider {
	return auth.Provider{ID: "work", Title: "Work account", Authority: d.provider.URL, ClientID: authtest.ClientID}
}

type running struct {
	*Registrations
	session *session.Session
	d       *desk
	news    chan struct{}
}

func (d *desk) start() *running {
	d.t.Helper()
	store := vault.New(vault.Params{Service: "test", Backend: d.keyStore, Timeout: time.Second})
	client := d.provider.Client()
	client.Timeout = 10 * time.Second
	r := &running{d: d, news: make(chan struct{}, 1)}
	r.session = session.New(session.Params{Store: store, CacheDir: d.dir, LockDir: d.dir, HTTP: client, Changed: func() {
		select {
		case r.news <- struct{}{}:
		default:
		}
	}})
	r.Registrations = New(Params{Store: store, CacheDir: d.dir, LockDir: d.dir, HTTP: client, Changed: r.session.CredentialChanged})
	ctx, cancel := context.WithCancel(d.t.Context())
	r.session.Bind(ctx)
	var run sync.WaitGroup
	run.Go(func() { r.session.Run(ctx) })
	d.t.Cleanup(func() { cancel(); run.Wait() })
	providers := d.described
	if providers == nil {
		providers = []auth.Provider{d.work()}
	}
	if err := r.session.SetProviders(providers); err != nil {
		d.t.Fatal(err)
	}
	r.session.Resume(ctx, false)
	return r
}

// await waits for a change after which the session is in a phase.
func (r *running) await(want localapi.Phase) localapi.Session {
	r.d.t.Helper()
	limit := time.NewTimer(20 * time.Second)
	defer limit.Stop()
	for {
		now, _ := r.session.Snapshot()
		if now.Phase == want {
			return now
		}
		select {
		case <-r.news:
		case <-limit.C:
			r.d.t.Fatalf("still %+v (problem %+v)", now, now.Problem)
		}
	}
}

func (r *running) signIn() {
	r.d.t.Helper()
	in, err := r.session.SignIn(r.d.t.Context(), localapi.SignInRequest{})
	if err != nil {
		r.d.t.Fatal(err)
	}
	resp, err := r.d.provider.Browse(r.d.t.Context(), in.URL)
	if err != nil {
		r.d.t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		r.d.t.Fatalf("the browser ends on %s", resp.Status)
	}
	r.await(localapi.SignedIn)
}

func code(err error) localapi.Code {
	var p *localapi.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	return ""
}

func problems(s localapi.ProviderSetup) (codes []localapi.Code) {
	for _, p := range s.Problems {
		codes = append(codes, p.Code)
	}
	return codes
}

func TestDaysLeftGoByTheCalendar(t *testing.T) {
	last := time.Date(2027, 5, 1, 0, 0, 0, 0, time.UTC)
	east, west := time.FixedZone("", 13*3600), time.FixedZone("", -11*3600)
	for _, test := range []struct {
		now  time.Time
		want int
	}{
		{time.Date(2027, 4, 30, 23, 59, 0, 0, time.UTC), 1},
		{time.Date(2027, 5, 1, 0, 0, 0, 0, time.UTC), 0},
		{time.Date(2027, 5, 1, 23, 59, 0, 0, time.UTC), 0},
		{time.Date(2027, 5, 2, 0, 0, 0, 0, time.UTC), -1},
		{time.Date(2027, 5, 1, 23, 0, 0, 0, east), 0},
		{time.Date(2027, 5, 1, 1, 0, 0, 0, west), 0},
		{time.Date(2027, 4, 1, 12, 0, 0, 0, time.Local), 30},
	} {
		if got := DaysLeft(last, test.now); got != test.want {
			t.Errorf("on %v: %d, want %d", test.now, got, test.want)
		}
	}
}

func TestSetupOfAPublicClient(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	p := d.work()
	p.Redirect = auth.Redirect{Host: "localhost", Port: 8400, Path: "/back"}
	p.Domains = []string{"contoso.example"}
	got := r.Setup(t.Context(), p, time.Time{})
	want := localapi.ProviderSetup{
		ID: "work", Title: "Work account", Dialect: "standard", Authority: d.provider.URL, ClientID: authtest.ClientID, Scopes: auth.DefaultScopes(),
		Domains: []string{"contoso.example"}, RedirectURI: "http://localhost:8400/back", ClientAuth: "none",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	d.provider.Fault(authtest.Drop(authtest.Discovery))
	d.dir = t.TempDir()
	again := d.start()
	if got := problems(again.Setup(t.Context(), p, time.Time{})); len(got) != 1 || got[0] != localapi.ProviderUnreachable {
		t.Errorf("a provider that is down: %v", got)
	}
}

func TestSecretIsSetWatchedAndTakenAway(t *testing.T) {
	d := newDesk(t, authtest.WithClientAuth("client_secret_post"))
	d.provider.SetSecret("hunter2")
	p := d.work()
	p.ClientAuth.Method = auth.AuthSecretPost
	d.described = []auth.Provider{p}
	r := d.start()
	look := func(fallback time.Time) localapi.ProviderSetup { return r.Setup(t.Context(), p, fallback) }
	if got := look(time.Time{}); got.Secret == nil || got.Secret.Set || !cmp.Equal(problems(got), []localapi.Code{localapi.SecretMissing}) {
		t.Errorf("before it is set: %+v", got)
	}
	if _, err := r.session.SignIn(t.Context(), localapi.SignInRequest{}); code(err) != localapi.SecretMissing {
		t.Errorf("signing in without it: %v", err)
	}
	if now, _ := r.session.Snapshot(); now.Phase != localapi.Blocked {
		t.Errorf("session = %+v", now)
	}
	if err := r.SetSecret(t.Context(), p, auth.Secret{Value: "hunter2"}); err != nil {
		t.Fatal(err)
	}
	if now, _ := r.session.Snapshot(); now.Phase != localapi.SignedOut {
		t.Errorf("once it is set: %+v", now)
	}
	r.signIn()
	tomorrow := time.Now().AddDate(0, 0, 1)
	day := time.Date(tomorrow.Year(), tomorrow.Month(), tomorrow.Day(), 0, 0, 0, 0, time.UTC)
	if got := look(time.Time{}); !got.Secret.Set || got.Secret.DaysLeft != nil || len(got.Problems) != 0 {
		t.Errorf("without a date: %+v", got)
	}
	if got := look(day); *got.Secret.DaysLeft != 1 || !cmp.Equal(problems(got), []localapi.Code{localapi.SecretExpiresSoon}) || got.Problems[0].Params["days"] != "1" {
		t.Errorf("with the portal's date: %+v", got)
	}
	if err := r.SetSecret(t.Context(), p, auth.Secret{Value: "hunter2", Expires: day.AddDate(0, 0, -3)}); err != nil {
		t.Fatal(err)
	}
	if got := look(day); *got.Secret.DaysLeft != -2 || !cmp.Equal(problems(got), []localapi.Code{localapi.SecretExpired}) {
		t.Errorf("its own date comes first: %+v", got)
	}
	if err := r.SetSecret(t.Context(), p, auth.Secret{}); err != nil {
		t.Fatal(err)
	}
	if got := look(day); got.Secret.Set {
		t.Errorf("taken away: %+v", got)
	}
	d.keyStore.Fail(vault.Locked)
	if got := look(day); got.Secret != nil || !cmp.Equal(problems(got), []localapi.Code{localapi.KeyStoreLocked}) {
		t.Errorf("with a key store that does not tell: %+v", got)
	}
	d.keyStore.Heal()
	if err := r.SetSecret(t.Context(), d.work(), auth.Secret{Value: "x"}); code(err) != localapi.ProviderConfig {
		t.Errorf("a secret for a public client: %v", err)
	}
}

// Whoever waits for a secret is signed in as soon as it is there.
func TestNewSecretIsTriedAtOnce(t *testing.T) {
	d := newDesk(t, authtest.WithClientAuth("client_secret_basic"), authtest.WithoutRotation())
	d.provider.SetSecret("old")
	p := d.work()
	p.ClientAuth.Method = auth.AuthSecretBasic
	d.described = []auth.Provider{p}
	r := d.start()
	if err := r.SetSecret(t.Context(), p, auth.Secret{Value: "old"}); err != nil {
		t.Fatal(err)
	}
	r.signIn()
	d.provider.SetSecret("new")
	_ = r.session.Refresh(t.Context())
	now := r.await(localapi.Blocked)
	if now.Problem.Exit() != localapi.ExitConfig || !now.Account.Remembered {
		t.Errorf("problem = %+v", now.Problem)
	}
	if err := r.SetSecret(t.Context(), p, auth.Secret{Value: "new"}); err != nil {
		t.Fatal(err)
	}
	r.await(localapi.SignedIn)
}

func TestKeysAreMadeShownAndDropped(t *testing.T) {
	d := newDesk(t, authtest.WithClientAuth("private_key_jwt"))
	p := d.work()
	p.ClientAuth.Method = auth.AuthPrivateKey
	d.described = []auth.Provider{p}
	r := d.start()
	if got := r.Setup(t.Context(), p, time.Time{}); !cmp.Equal(problems(got), []localapi.Code{localapi.ClientKeyMissing}) {
		t.Errorf("before there is one: %+v", got)
	}
	key, err := r.NewKey(t.Context(), p)
	if err != nil || key.ID == "" || key.JWK == "" || key.ThumbprintSHA1 == "" {
		t.Fatalf("%+v, %v", key, err)
	}
	d.provider.RegisterKey(key.JWK)
	r.signIn()
	second, err := r.NewKey(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	got := r.Setup(t.Context(), p, time.Time{})
	if len(got.Keys) != 2 || got.Keys[0].ID != key.ID || !got.Keys[0].Current || got.Keys[1].ID != second.ID || len(got.Problems) != 0 {
		t.Errorf("%+v", got)
	}
	if err := r.DropKey(t.Context(), p, ""); err != nil {
		t.Fatal(err)
	}
	if got := r.Setup(t.Context(), p, time.Time{}); len(got.Keys) != 1 || got.Keys[0].ID != key.ID {
		t.Errorf("%+v", got.Keys)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.NewKey(ctx, p); err == nil {
		t.Error("a key was made for a caller who has gone")
	}
}

func TestSetupOfEntraNamesTheConsentPage(t *testing.T) {
	d := newDesk(t, authtest.WithEntra(authtest.EntraOptions{}))
	d.described = []auth.Provider{{
		ID: "work", Title: "Work account", Authority: d.provider.URL, ClientID: authtest.ClientID, Dialect: auth.Entra,
		Domains: []string{"contoso.example"}, Redirect: auth.Redirect{Host: "localhost"},
	}}
	r := d.start()
	got := r.Setup(t.Context(), d.described[0], time.Time{})
	if got.Dialect != "entra" || got.ConsentURL == "" || got.RedirectURI != "http://localhost" || len(got.Problems) != 0 {
		t.Errorf("%+v", got)
	}
}
