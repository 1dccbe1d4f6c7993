package auth_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

const portal = "https://portal.example/api"

// apiDesk is a desk whose people sign in for an API as well.
func apiDesk(t *testing.T, options ...authtest.Option) *desk {
	d := newDesk(t, options...)
	d.describe = func(p *auth.Provider) {
		p.Scopes, p.Resources = append(auth.DefaultScopes(), "requests.read", "requests.write"), []string{portal, "https://other.example"}
	}
	return d
}

func TestTokenIsForTheAPIThatItIsAskedFor(t *testing.T) {
	d := apiDesk(t)
	c := d.client()
	signedIn, _, err := d.signIn(c, auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if asked := d.provider.Requests(authtest.Authorize)[0]; !slices.Equal(asked.Query["resource"], []string{portal, "https://other.example"}) {
		t.Errorf("the sign-in asked for %q", asked.Query["resource"])
	}
	id := signedIn.Account.ID
	first, err := c.Token(t.Context(), id, auth.API{Scopes: []string{"requests.read"}, Resource: portal})
	if err != nil {
		t.Fatal(err)
	}
	want := authtest.AccessToken{Scope: "openid requests.read", Resource: portal}
	if diff := cmp.Diff(want, d.provider.Granted(first.AccessToken)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"openid", "requests.read"}, first.Scopes); diff != "" {
		t.Error(diff)
	}
	if first.RefreshToken != "" || first.IDToken != "" {
		t.Error("a token for an API came with another credential")
	}
	d.provider.Forget()
	for _, api := range []auth.API{
		{Scopes: []string{"requests.read"}, Resource: portal},
		{Scopes: []string{"requests.read", "requests.read"}, Resource: portal},
	} {
		if again, err := c.Token(t.Context(), id, api); err != nil || again.AccessToken != first.AccessToken {
			t.Errorf("%v, %v: want the token that is known", again, err)
		}
	}
	if n := len(d.provider.Requests()); n != 0 {
		t.Errorf("%d requests for a token that is known", n)
	}
	own, err := c.Token(t.Context(), id, auth.API{})
	if err != nil || own.AccessToken == first.AccessToken || len(d.provider.Requests()) != 0 {
		t.Errorf("the sign-in's own: %v, %v, %d requests", own, err, len(d.provider.Requests()))
	}
	// Each rotation was kept: a program that has just started goes on.
	if _, err := d.client().Refresh(t.Context(), id); err != nil {
		t.Error(err)
	}
}

func TestTokenIsRenewedShortlyBeforeItsEnd(t *testing.T) {
	var ahead atomic.Int64
	clock := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	d := apiDesk(t, authtest.WithClock(clock), authtest.WithLifetime(time.Hour))
	d.now = clock
	c := d.client()
	signedIn, _, err := d.signIn(c, auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	id := signedIn.Account.ID
	for _, step := range []struct {
		at  time.Duration
		new bool
	}{{58 * time.Minute, false}, {59*time.Minute + 30*time.Second, true}, {100 * time.Minute, false}} {
		ahead.Store(int64(step.at))
		d.provider.Forget()
		if _, err := c.Token(t.Context(), id, auth.API{}); err != nil {
			t.Fatal(err)
		}
		if asked := len(d.provider.Requests(authtest.Token)) > 0; asked != step.new {
			t.Errorf("after %s: asked = %t", step.at, asked)
		}
	}
}

// Whoever wants the same token at the same time gets it by one request: a second one
// would be an attack to a provider that rotates.
func TestTokensAreAskedForOnce(t *testing.T) {
	d := apiDesk(t)
	c := d.client()
	signedIn, _, err := d.signIn(c, auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	d.provider.Forget()
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := c.Token(t.Context(), signedIn.Account.ID, auth.API{Scopes: []string{"requests.read"}}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := len(d.provider.Requests(authtest.Token)); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestDiscardedTokenIsNotUsedAgain(t *testing.T) {
	d := newDesk(t)
	c := d.client()
	signedIn, _, err := d.signIn(c, auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	first, err := c.Token(t.Context(), signedIn.Account.ID, auth.API{})
	if err != nil {
		t.Fatal(err)
	}
	c.Discard(first)
	second, err := c.Token(t.Context(), signedIn.Account.ID, auth.API{})
	if err != nil || second.AccessToken == first.AccessToken {
		t.Errorf("%v, %v", second, err)
	}
	c.Discard(first) // is another one by now
	if third, err := c.Token(t.Context(), signedIn.Account.ID, auth.API{}); err != nil || third.AccessToken != second.AccessToken {
		t.Errorf("%v, %v", third, err)
	}
}

func TestTokenEndsWithTheSignIn(t *testing.T) {
	for name, end := range map[string]func(d *desk, c *auth.Client, id string){
		"signed out": func(d *desk, c *auth.Client, id string) { c.SignOut(d.t.Context(), id) },
		"the provider has ended it": func(d *desk, c *auth.Client, id string) {
			d.provider.Revoke()
			_, _ = c.Refresh(d.t.Context(), id)
		},
	} {
		for _, memoryOnly := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				d := newDesk(t)
				c := d.client()
				signedIn, _, err := d.signIn(c, auth.BeginOptions{MemoryOnly: memoryOnly})
				if err != nil {
					t.Fatal(err)
				}
				end(d, c, signedIn.Account.ID)
				if token, err := c.Token(t.Context(), signedIn.Account.ID, auth.API{}); !errors.Is(err, auth.ErrNoSignIn) {
					t.Errorf("%v, %v", token, err)
				}
			})
		}
	}
}

// What lies in no key store is renewed from memory.
func TestTokenOfASignInThatIsNotKept(t *testing.T) {
	for _, test := range []struct {
		name       string
		memoryOnly bool
	}{{"memory only", true}, {"key store full", false}} {
		t.Run(test.name, func(t *testing.T) {
			d := newDesk(t)
			if !test.memoryOnly {
				d.keyStore.TakeNothing(vault.Full)
			}
			c := d.client()
			signedIn, _, err := d.signIn(c, auth.BeginOptions{MemoryOnly: test.memoryOnly})
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				token, err := c.Token(t.Context(), signedIn.Account.ID, auth.API{})
				if err != nil {
					t.Fatal(err)
				}
				c.Discard(token)
			}
			if n := len(d.provider.Requests(authtest.Token)); n != 3 {
				t.Errorf("%d token requests, want the sign-in and two renewals", n)
			}
		})
	}
}

func TestWhatNoProviderWouldTakeIsNotAskedFor(t *testing.T) {
	d := apiDesk(t)
	entra := newDesk(t, authtest.WithEntra(authtest.EntraOptions{}))
	entra.describe = func(p *auth.Provider) { p.Dialect = auth.Entra }
	for _, test := range []struct {
		name string
		desk *desk
		api  auth.API
		key  string
	}{
		{"no scope", d, auth.API{Scopes: []string{"requests read"}}, "api.scopes"},
		{"no resource of the provider", d, auth.API{Resource: "https://third.example"}, "api.resource"},
		{"two APIs at Entra", entra, auth.API{Scopes: []string{"api://one/read", "api://two/read", "openid"}}, "api.scopes"},
		{"Graph and another API at Entra", entra, auth.API{Scopes: []string{"User.Read", "api://two/read"}}, "api.scopes"},
	} {
		_, err := test.desk.client().Token(t.Context(), "nobody", test.api)
		if ok, want := misconfigured(test.key)(err); !ok {
			t.Errorf("%s: %v, want %s", test.name, err, want)
		}
	}
	for _, bad := range []string{"portal", "https://portal.example/#a", "https://por tal.example"} {
		p := auth.Provider{ID: "work", Authority: "https://id.example", ClientID: "c", Resources: []string{bad}}
		if ok, want := misconfigured("resources")(p.Check()); !ok {
			t.Errorf("%q: %v, want %s", bad, p.Check(), want)
		}
	}
	p := auth.Provider{ID: "work", Authority: "https://login.microsoftonline.com/organizations/v2.0", ClientID: "c", Resources: []string{portal}}
	if ok, want := misconfigured("resources")(p.Check()); !ok {
		t.Errorf("at Entra: %v, want %s", p.Check(), want)
	}
}

func TestEntraGivesTokensForAnyAPI(t *testing.T) {
	d := newDesk(t, authtest.WithEntra(authtest.EntraOptions{}))
	d.describe = func(p *auth.Provider) { p.Dialect = auth.Entra }
	c := d.client()
	signedIn, _, err := d.signIn(c, auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	token, err := c.Token(t.Context(), signedIn.Account.ID, auth.API{Scopes: []string{"api://portal.example/requests.read"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := d.provider.Granted(token.AccessToken).Scope; got != "api://portal.example/requests.read offline_access openid" {
		t.Errorf("asked for %q", got)
	}
}

// A refusal of an API is none of the person.
func TestAPIThatIsRefusedCostsNoSignIn(t *testing.T) {
	d := newDesk(t)
	c := d.client()
	signedIn, _, err := d.signIn(c, auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Token(t.Context(), signedIn.Account.ID, auth.API{Scopes: []string{"never.granted"}})
	var refused *auth.ProviderError
	if !errors.As(err, &refused) || refused.Code != "invalid_scope" || refused.NeedsPerson() {
		t.Errorf("err = %v", err)
	}
	if _, err := c.Refresh(t.Context(), signedIn.Account.ID); err != nil {
		t.Error(err)
	}
}

func TestIDTokenIsAsYoungAsItIsWanted(t *testing.T) {
	var ahead, provider atomic.Int64
	clock := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	theirs := func() time.Time { return clock().Add(time.Duration(provider.Load())) }
	d := newDesk(t, authtest.WithClock(theirs))
	d.now = clock
	provider.Store(int64(4 * time.Minute)) // within what a sign-in allows
	c := d.client()
	signedIn, _, err := d.signIn(c, auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	id := signedIn.Account.ID
	d.provider.Forget()
	ahead.Store(int64(9 * time.Minute))
	if raw, err := c.IDToken(t.Context(), id, 10*time.Minute); err != nil || raw != signedIn.IDToken || len(d.provider.Requests()) != 0 {
		t.Errorf("after nine minutes: %v, %d requests", err, len(d.provider.Requests()))
	}
	ahead.Store(int64(11 * time.Minute))
	if raw, err := c.IDToken(t.Context(), id, 10*time.Minute); err != nil || raw == signedIn.IDToken || len(d.provider.Requests(authtest.Token)) != 1 {
		t.Errorf("after eleven minutes: %v, %d requests", err, len(d.provider.Requests(authtest.Token)))
	}
	d.provider.Fault(answers("id_token", nil))
	ahead.Store(int64(30 * time.Minute))
	_, err = c.IDToken(t.Context(), id, 10*time.Minute)
	if ok, want := misconfigured("id_token")(err); !ok {
		t.Errorf("err = %v, want %s", err, want)
	}
}

func TestTokenSourceIsForLibrariesThatTakeBearerTokens(t *testing.T) {
	d := newDesk(t)
	c := d.client()
	signedIn, _, err := d.signIn(c, auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	token, err := c.TokenSource(t.Context(), signedIn.Account.ID, auth.API{}).Token()
	if err != nil || token.AccessToken != signedIn.AccessToken || !token.Valid() || token.Type() != "Bearer" {
		t.Errorf("%v, %v", token, err)
	}
	bound := newDesk(t, authtest.WithDPoP(false))
	c = bound.client()
	if signedIn, _, err = bound.signIn(c, auth.BeginOptions{}); err != nil {
		t.Fatal(err)
	}
	_, err = c.TokenSource(t.Context(), signedIn.Account.ID, auth.API{}).Token()
	if ok, want := misconfigured("dpop")(err); !ok {
		t.Errorf("err = %v, want %s", err, want)
	}
}

func TestBoundTokenOfAnAPIIsSentWithAProof(t *testing.T) {
	d := newDesk(t, authtest.WithDPoP(false))
	c := d.client()
	signedIn, _, err := d.signIn(c, auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c.Discard(signedIn)
	token, err := c.Token(t.Context(), signedIn.Account.ID, auth.API{})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, d.provider.Endpoint(authtest.UserInfo), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(req, token)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || !strings.EqualFold(token.TokenType, "DPoP") {
		t.Errorf("status %d with a token of type %s", resp.StatusCode, token.TokenType)
	}
}
