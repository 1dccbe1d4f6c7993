package localapi_test

import (
	"context"
	"iter"
	"net"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
)

// agent is an Agent whose answers a test sets. It remembers what it was asked.
type agent struct {
	localapi.Parts // what is not here must not be called

	err  error // every method's error when set
	hold func(ctx context.Context) error

	mu      sync.Mutex
	asked   []any
	state   localapi.State
	changed chan struct{}
	lists   localapi.Changes
}

func newAgent() *agent {
	return &agent{changed: make(chan struct{}), state: fullState()}
}

func fullState() localapi.State {
	when := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	account := &localapi.Account{
		ID: "a1", Provider: "demo", Name: "Ada Lovelace", GivenName: "Ada", Email: "ada@contoso.example",
		EmailVerified: true, Issuer: "https://id.example", Subject: "42", Remembered: true,
	}
	return localapi.State{
		API: localapi.Version, Build: "0.1.0", Revision: 7, PortalAddress: "https://portal.example",
		Portal: &localapi.Portal{
			Name: "Contoso IT", Host: "portal.example", Accent: "#0F6CBD", LogoLight: "abc",
			Support:   localapi.Support{Email: "it@contoso.example"},
			Providers: []localapi.Provider{{ID: "demo", Title: "Demo sign-in"}},
			Apps:      []localapi.App{{ID: "mail", Title: "Mail", URL: "https://mail.example", Keywords: []string{"post"}}},
		},
		PortalChecked: when,
		Session:       localapi.Session{Phase: localapi.SignedIn, Provider: "demo", Account: account, Since: when},
		Notices:       []localapi.Problem{{Code: localapi.KeyStoreMissing}},
		Tray:          true,
	}
}

func (a *agent) ask(ctx context.Context, what any) error {
	a.mu.Lock()
	a.asked = append(a.asked, what)
	a.mu.Unlock()
	if a.hold != nil {
		if err := a.hold(ctx); err != nil {
			return err
		}
	}
	return a.err
}

// set changes the state as a real agent does: whoever is slow misses what lies
// between.
func (a *agent) set(revision uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.state.Revision = revision
	close(a.changed)
	a.changed = make(chan struct{})
}

func (a *agent) Watch(ctx context.Context) iter.Seq2[localapi.Event, error] {
	return func(yield func(localapi.Event, error) bool) {
		if err := a.ask(ctx, "watch"); err != nil {
			yield(localapi.Event{}, err)
			return
		}
		lists := a.lists.Follow()
		for {
			a.mu.Lock()
			state, changed := a.state, a.changed
			a.mu.Unlock()
			if !yield(localapi.Event{Type: localapi.EventState, State: &state}, nil) {
				return
			}
			also, more := lists.Next()
			for _, what := range also {
				if !yield(localapi.Event{Type: localapi.EventChanged, What: what}, nil) {
					return
				}
			}
			select {
			case <-changed:
			case <-more:
			case <-ctx.Done():
				yield(localapi.Event{}, ctx.Err())
				return
			}
		}
	}
}

func (a *agent) State(ctx context.Context) (localapi.State, error) {
	return a.state, a.ask(ctx, "state")
}

func (a *agent) CheckPortal(ctx context.Context, req localapi.PortalRequest) (localapi.PortalCheck, error) {
	return localapi.PortalCheck{
		Address: "https://portal.example", Name: "Contoso IT",
		Providers: []localapi.Provider{{ID: "demo", Title: "Demo sign-in"}},
	}, a.ask(ctx, req)
}

func (a *agent) SetPortal(ctx context.Context, req localapi.PortalRequest) error {
	return a.ask(ctx, req)
}

func (a *agent) SignIn(ctx context.Context, req localapi.SignInRequest) (localapi.SignIn, error) {
	return localapi.SignIn{
		Provider: "demo", Stage: localapi.StageDevice, URL: "https://id.example/authorize?state=x",
		UserCode: "ABCD-EFGH", VerificationURL: "https://id.example/device",
		Started: time.Unix(10, 0).UTC(), Deadline: time.Unix(310, 0).UTC(),
	}, a.ask(ctx, req)
}

func (a *agent) CancelSignIn(ctx context.Context) error { return a.ask(ctx, "cancel") }

func (a *agent) Refresh(ctx context.Context) (localapi.State, error) {
	return a.state, a.ask(ctx, "refresh")
}

func (a *agent) SignOut(ctx context.Context, req localapi.SignOutRequest) (localapi.SignOutReport, error) {
	return localapi.SignOutReport{
		Local: localapi.StepDone, Revoked: localapi.StepFailed,
		RevokedProblem: &localapi.Problem{Code: localapi.ProviderUnreachable, Params: map[string]string{"host": "id.example"}},
		Browser:        localapi.StepInBrowser, BrowserURL: "https://id.example/end",
	}, a.ask(ctx, req)
}

func (a *agent) Forget(ctx context.Context) (localapi.ForgetReport, error) {
	return localapi.ForgetReport{
		Accounts: 1, Files: 3, Problems: []localapi.Problem{{Code: localapi.KeyStoreLocked}},
	}, a.ask(ctx, "forget")
}

func (a *agent) Accounts(ctx context.Context) ([]localapi.Account, error) {
	return []localapi.Account{*a.state.Session.Account}, a.ask(ctx, "accounts")
}

func (a *agent) Logo(ctx context.Context, digest string) ([]byte, error) {
	return []byte("\x89PNG\r\n\x1a\n\x00"), a.ask(ctx, digest)
}

func (a *agent) Show(ctx context.Context, req localapi.ShowRequest) (localapi.ShowReport, error) {
	return localapi.ShowReport{Raised: true}, a.ask(ctx, req)
}

func (a *agent) Shown(ctx context.Context, req localapi.ShowRequest) error { return a.ask(ctx, req) }

func (a *agent) Quit(ctx context.Context) error { return a.ask(ctx, "quit") }

// served is an agent that listens.
type served struct {
	dir    string
	client *localapi.Client
	// stop ends the agent and waits for it.
	stop func() error
}

// serve starts an agent on a real socket, and ends it with the test.
func serve(t *testing.T, a localapi.Agent, i localapi.Info) served {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	l, err := localapi.Listen(dir)
	if err != nil {
		t.Fatal(err)
	}
	stop := run(t, l, a, i)
	client, err := localapi.Dial(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return served{dir: dir, client: client, stop: stop}
}

func run(t *testing.T, l net.Listener, a localapi.Agent, i localapi.Info) func() error {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- localapi.Server{Agent: a, Info: i}.Serve(ctx, l) }()
	stop := sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Errorf("serve ended with %v", err)
		}
	})
	return stop
}

func (a *agent) Paste(ctx context.Context, req localapi.PasteRequest) error { return a.ask(ctx, req) }

func (a *agent) UseAccount(ctx context.Context, req localapi.AccountRequest) error {
	return a.ask(ctx, req)
}

func (a *agent) Providers(ctx context.Context) ([]localapi.ProviderSetup, error) {
	days := 12
	return []localapi.ProviderSetup{{
		ID: "demo", Title: "Demo sign-in", Enabled: true, Dialect: "standard", Authority: "https://id.example",
		ClientID: "portico", Scopes: []string{"openid"}, RedirectURI: "http://127.0.0.1/", ClientAuth: "client_secret_basic",
		Secret: &localapi.SecretSetup{Set: true, DaysLeft: &days},
	}}, a.ask(ctx, "providers")
}

func (a *agent) SetSecret(ctx context.Context, req localapi.SecretRequest) error {
	return a.ask(ctx, req)
}

func (a *agent) SetProxyPassword(ctx context.Context, req localapi.ProxyPasswordRequest) error {
	return a.ask(ctx, req)
}

func (a *agent) ForgetProxy(ctx context.Context, req localapi.ProxyRequest) (localapi.ForgottenProxy, error) {
	return localapi.ForgottenProxy{Known: true}, a.ask(ctx, req)
}

func (a *agent) Proxies(ctx context.Context) ([]localapi.Proxy, error) {
	return []localapi.Proxy{{Proxy: "proxy.example:8080", Used: "Basic", Offered: []string{"Basic"}, Password: true}}, a.ask(ctx, "proxies")
}

func (a *agent) NewKey(ctx context.Context, req localapi.KeyRequest) (localapi.ClientKey, error) {
	return localapi.ClientKey{ID: "k1", Algorithm: "ES256", JWK: "{}", Current: true}, a.ask(ctx, req)
}

func (a *agent) DropKey(ctx context.Context, req localapi.KeyRequest) error { return a.ask(ctx, req) }

func (a *agent) Set(ctx context.Context, req localapi.SettingRequest) error { return a.ask(ctx, req) }

func (a *agent) Policy(ctx context.Context) (localapi.PolicyReport, error) {
	where := localapi.PolicySource{Kind: "machine-policy", Where: "/etc/portico/policy.json"}
	return localapi.PolicyReport{
		Settings: []localapi.PolicySetting{{Key: "Autostart", Kind: "tri-state", Value: []byte(`"always"`), Source: where}},
		Sources:  []localapi.PolicySource{where},
	}, a.ask(ctx, "policy")
}

func (a *agent) Check(ctx context.Context) (localapi.CheckReport, error) {
	return localapi.CheckReport{
		Checks: []localapi.CheckResult{{ID: "dns", Status: localapi.CheckBad, Subject: "portal.example", Problem: &localapi.Problem{Code: localapi.NameNotFound}}},
		Cause:  "dns",
	}, a.ask(ctx, "check")
}

func (a *agent) Bundle(ctx context.Context) (localapi.Bundle, error) {
	return localapi.Bundle{Name: "portico-support.zip", Files: []localapi.BundleFile{{Name: "doctor.txt", Text: "all is well"}}}, a.ask(ctx, "bundle")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
