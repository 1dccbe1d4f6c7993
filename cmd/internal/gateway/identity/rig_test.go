package identity_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/portal/api"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
	"github.com/portico-desktop/portico/cmd/internal/gateway/identity"
	"github.com/portico-desktop/portico/cmd/internal/gateway/store"
)

const portal = "https://portal.example"

// world is a provider, a portal, and a clock that both go by.
type world struct {
	t        *testing.T
	provider *authtest.Provider
	store    *store.Store
	file     string
	params   identity.Params
	identity *identity.Identity
	entra    bool

	mu  sync.Mutex
	now time.Time
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func newWorld(t *testing.T, change func(*identity.Params), options ...authtest.Option) *world {
	t.Helper()
	w := &world{t: t, now: time.Now(), file: filepath.Join(t.TempDir(), "gateway.db")}
	w.provider = authtest.New(t, append(options, authtest.WithClock(w.clock))...)
	w.entra = strings.Contains(w.provider.URL, "/v2.0")
	w.params = identity.Params{
		Providers: []auth.Provider{w.described()}, URL: portal, HTTP: w.provider.Client(), Now: w.clock,
		Features: []string{"feedback"},
	}
	if change != nil {
		change(&w.params)
	}
	w.start()
	return w
}

func (w *world) described() auth.Provider {
	p := auth.Provider{ID: "work", Authority: w.provider.URL, ClientID: authtest.ClientID}
	if w.entra {
		p.Dialect = auth.Entra
		p.Tenants = []string{authtest.EntraTenant, authtest.EntraOther}
	}
	return p
}

// start starts the portal, as after a restart.
func (w *world) start() {
	w.t.Helper()
	if w.store != nil {
		_ = w.store.Close()
	}
	s, err := store.Open(w.t.Context(), store.Params{File: w.file, Make: true, Now: w.clock})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = s.Close() })
	w.store, w.params.Store = s, s
	if w.identity, err = identity.New(w.t.Context(), w.params); err != nil {
		w.t.Fatal(err)
	}
}

// idToken signs in and returns the ID token that the provider gave, whatever the client made of
// it.
func (w *world) idToken(faults ...authtest.Fault) string {
	w.t.Helper()
	var mu sync.Mutex
	var raw string
	lift := w.provider.Fault(append(slices.Clone(faults), authtest.TokenAnswer(func(fields map[string]any) {
		mu.Lock()
		defer mu.Unlock()
		raw, _ = fields["id_token"].(string)
	}))...)
	defer lift()
	keys := vault.New(vault.Params{Service: "test", Backend: authtest.NewKeyStore(), Timeout: time.Second})
	c, err := auth.New(auth.Params{
		Provider: w.described(), Accounts: auth.NewAccounts(keys, w.t.TempDir()), CacheDir: w.t.TempDir(), HTTP: w.provider.Client(), Now: w.clock,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	defer c.Close()
	in, err := c.Begin(w.t.Context(), auth.BeginOptions{})
	if err != nil {
		w.t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		if resp, err := w.provider.Browse(w.t.Context(), in.URL()); err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	})
	_, _ = in.Wait()
	all.Wait()
	mu.Lock()
	defer mu.Unlock()
	if raw == "" {
		w.t.Fatal("the provider gave no ID token")
	}
	return raw
}

// exchange sends a token to the token endpoint.
func (w *world) exchange(kind, raw string) (int, api.TokenAnswer, api.TokenError) {
	w.t.Helper()
	return w.post(url.Values{"grant_type": {api.GrantTokenExchange}, "subject_token_type": {kind}, "subject_token": {raw}})
}

func (w *world) post(form url.Values) (status int, given api.TokenAnswer, refused api.TokenError) {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), http.MethodPost, portal+"/v1/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer := httptest.NewRecorder()
	w.identity.ServeHTTP(answer, r)
	if answer.Header().Get("Cache-Control") != "no-store" || answer.Header().Get("Content-Type") != "application/json" {
		w.t.Errorf("header: %v", answer.Header())
	}
	into := any(&given)
	if answer.Code != http.StatusOK {
		into = &refused
	}
	if err := json.Unmarshal(answer.Body.Bytes(), into); err != nil {
		w.t.Fatalf("%v: %s", err, answer.Body)
	}
	return answer.Code, given, refused
}

// enter exchanges an ID token and returns the gateway's.
func (w *world) enter(faults ...authtest.Fault) string {
	w.t.Helper()
	status, given, refused := w.exchange(api.TypeIDToken, w.idToken(faults...))
	if status != http.StatusOK {
		w.t.Fatalf("%d: %+v", status, refused)
	}
	if given.TokenType != "Bearer" || given.ExpiresIn != int(identity.Lifetime/time.Second) || given.IssuedTokenType != api.TypeAccessToken {
		w.t.Errorf("%+v", given)
	}
	return given.AccessToken
}
