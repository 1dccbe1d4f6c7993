//go:build linux

package library

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
	"github.com/portico-desktop/portico/cmd/internal/stage"
)

const (
	requests = "https://portal.example/requests"
	billing  = "https://portal.example/billing"
)

// apis are what the provider gives tokens for, and their scopes.
func apis() map[string]string {
	return map[string]string{requests: "requests.read requests.write", billing: "billing.read"}
}

// desk is a program of somebody else's, its person's browser and a provider.
type desk struct {
	*stage.Stage
	t        *testing.T
	ctx      context.Context
	provider stage.Provider
	// params make a client, but for its accounts: those lie in store, with their locks.
	params auth.Params
	store  auth.Store
	locks  string
}

func newDesk(t *testing.T, start func(context.Context) (stage.Provider, error)) *desk {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	s, err := stage.New(ctx, stage.Params{KeyStore: stage.NoSessionBus, Log: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	p, err := start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	store := vault.New(vault.Params{Service: "library", Backend: authtest.NewKeyStore()}) // a real one is e2e's matter
	return &desk{Stage: s, t: t, ctx: ctx, provider: p, store: store, locks: t.TempDir(), params: auth.Params{
		Provider: auth.Provider{ID: "work", Authority: p.Issuer(), ClientID: "portico"},
		CacheDir: t.TempDir(),
		Open: func(_ context.Context, address string) error {
			_, err := s.Start(stage.Command{Name: s.Browser.Script, Args: []string{address}})
			return err
		},
	}}
}

// withAPIs is oidc-provider with the APIs, which the program signs in for.
func withAPIs(t *testing.T, o stage.ProviderOptions) *desk {
	t.Helper()
	o.Resources = apis()
	d := newDesk(t, func(ctx context.Context) (stage.Provider, error) { return stage.OIDCProviderWith(ctx, t.Output(), o) })
	d.params.Provider.Resources = []string{requests, billing}
	d.params.Provider.Scopes = append(auth.DefaultScopes(), "requests.read", "requests.write", "billing.read")
	return d
}

// client is a program that has just started.
func (d *desk) client() *auth.Client {
	d.t.Helper()
	params := d.params
	params.Accounts = auth.NewAccounts(d.store, d.locks)
	c, err := auth.New(params)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(c.Close)
	return c
}

// signIn has Ada sign in in her browser.
func (d *desk) signIn(c *auth.Client) *auth.Tokens {
	d.t.Helper()
	type ending struct {
		tokens *auth.Tokens
		err    error
	}
	ended := make(chan ending, 1)
	go func() {
		tokens, err := c.SignIn(d.ctx, auth.BeginOptions{})
		ended <- ending{tokens, err}
	}()
	page, err := d.Browser.Opened(d.ctx)
	if err != nil {
		d.t.Fatal(err)
	}
	if err := d.provider.SignIn(d.ctx, page, "ada"); err != nil {
		d.t.Fatal(err)
	}
	end := <-ended
	if end.err != nil {
		d.t.Fatal(end.err)
	}
	return end.tokens
}

func (d *desk) token(c *auth.Client, id string, api auth.API) *auth.Tokens {
	d.t.Helper()
	token, err := c.Token(d.ctx, id, api)
	if err != nil {
		d.t.Fatalf("token for %+v: %v", api, err)
	}
	return token
}

// verified is an access token as an API sees it.
func (d *desk) verified(api, raw string) (*auth.Verified, error) {
	d.t.Helper()
	v, err := auth.NewVerifier(auth.VerifierParams{Provider: d.params.Provider, Audiences: []string{api}})
	if err != nil {
		d.t.Fatal(err)
	}
	return v.AccessToken(d.ctx, raw)
}

// asked is how often the token endpoint was asked.
func (d *desk) asked() int {
	d.t.Helper()
	all, err := d.provider.Requests(d.ctx)
	if err != nil {
		d.t.Fatal(err)
	}
	return all[d.provider.TokenPath()]
}

// staysSignedIn: a program that has just started goes on with the refresh token that is
// kept, and the provider has seen none twice, which would have ended the sign-in.
func (d *desk) staysSignedIn(id string) {
	d.t.Helper()
	if _, err := d.client().Refresh(d.ctx, id); err != nil {
		d.t.Errorf("the next start: %v", err)
	}
	if alive, err := d.provider.Alive(d.ctx); err != nil || alive.Grants != 1 {
		d.t.Errorf("%+v, %v: want one sign-in", alive, err)
	}
}

func TestTokensForTwoAPIs(t *testing.T) {
	for name, o := range map[string]stage.ProviderOptions{
		"bearer": {}, "bound": {DPoP: "offered"}, "bound, with a nonce": {DPoP: "nonce"}, "pushed": {PAR: "required"},
	} {
		t.Run(name, func(t *testing.T) {
			d := withAPIs(t, o)
			c := d.client()
			id := d.signIn(c).Account.ID
			for _, test := range []struct {
				api    auth.API
				scopes []string
			}{
				{auth.API{Resource: requests, Scopes: []string{"requests.read"}}, []string{"requests.read"}},
				{auth.API{Resource: billing, Scopes: []string{"billing.read"}}, []string{"billing.read"}},
				{auth.API{Resource: requests}, []string{"requests.read", "requests.write"}},
			} {
				before := d.asked()
				token := d.token(c, id, test.api)
				if again := d.token(c, id, test.api); again.AccessToken != token.AccessToken {
					t.Errorf("%+v: another token a moment later", test.api)
				}
				if n := d.asked() - before; n != 1 && o.DPoP != "nonce" {
					t.Errorf("%+v: %d token requests", test.api, n)
				}
				who, err := d.verified(test.api.Resource, token.AccessToken)
				if err != nil {
					t.Fatalf("%+v: %v", test.api, err)
				}
				slices.Sort(who.Scopes)
				if diff := cmp.Diff(test.scopes, who.Scopes); diff != "" || who.Subject != "ada" || who.AuthorizedParty != "portico" {
					t.Errorf("%+v: %s for %s:\n%s", test.api, who.Subject, who.AuthorizedParty, diff)
				}
				for _, s := range test.scopes {
					if !slices.Contains(token.Scopes, s) {
						t.Errorf("%+v: Scopes are %q, without %s", test.api, token.Scopes, s)
					}
				}
				if slices.Contains(test.scopes, "requests.write") != slices.Contains(token.Scopes, "requests.write") {
					t.Errorf("%+v: Scopes are %q", test.api, token.Scopes)
				}
				other := map[string]string{requests: billing, billing: requests}[test.api.Resource]
				var untrusted *auth.TrustError
				if _, err := d.verified(other, token.AccessToken); !errors.As(err, &untrusted) || untrusted.Check != "aud" {
					t.Errorf("another API takes it: %v", err)
				}
			}
			d.staysSignedIn(id)
		})
	}
}

// What is refused is the API's name, not the person.
func TestScopeThatTheSignInDidNotAskFor(t *testing.T) {
	d := withAPIs(t, stage.ProviderOptions{})
	d.params.Provider.Scopes = append(auth.DefaultScopes(), "requests.read")
	c := d.client()
	id := d.signIn(c).Account.ID
	_, err := c.Token(d.ctx, id, auth.API{Resource: requests, Scopes: []string{"requests.write"}})
	var refused *auth.ProviderError
	if !errors.As(err, &refused) || refused.Code != "invalid_scope" || refused.NeedsPerson() {
		t.Errorf("err = %v", err)
	}
	d.token(c, id, auth.API{Resource: requests, Scopes: []string{"requests.read"}})
	d.staysSignedIn(id)
}

// A program that has no browser gets the same by a code.
func TestTokenForAnAPIAfterACode(t *testing.T) {
	d := withAPIs(t, stage.ProviderOptions{})
	c := d.client()
	in, err := c.BeginDevice(d.ctx, auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.params.Open(d.ctx, in.VerificationURL()); err != nil {
		t.Fatal(err)
	}
	page, err := d.Browser.Opened(d.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.provider.(stage.GivesCodes).EnterCode(d.ctx, page, in.UserCode(), "ada"); err != nil {
		t.Fatal(err)
	}
	signedIn, err := in.Wait()
	if err != nil {
		t.Fatal(err)
	}
	token := d.token(c, signedIn.Account.ID, auth.API{Resource: billing, Scopes: []string{"billing.read"}})
	if who, err := d.verified(billing, token.AccessToken); err != nil || who.Subject != "ada" {
		t.Errorf("%v, %v", who, err)
	}
	d.staysSignedIn(signedIn.Account.ID)
}

func TestIDTokenIsRenewed(t *testing.T) {
	for name, start := range map[string]func(context.Context) (stage.Provider, error){
		"oidc-provider": func(ctx context.Context) (stage.Provider, error) { return stage.OIDCProvider(ctx, t.Output()) },
		"zitadel":       stage.DemoProvider,
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, start)
			c := d.client()
			signedIn := d.signIn(c)
			same, err := c.IDToken(d.ctx, signedIn.Account.ID, time.Hour)
			if err != nil || same != signedIn.IDToken {
				t.Errorf("the sign-in's own: %t, %v", same == signedIn.IDToken, err)
			}
			before := d.asked()
			newer, err := c.IDToken(d.ctx, signedIn.Account.ID, -time.Hour) // however young that is
			if n := d.asked() - before; err != nil || n != 1 {
				t.Errorf("a newer one: %d token requests, %v", n, err)
			}
			v, err := auth.NewVerifier(auth.VerifierParams{Provider: d.params.Provider})
			if err != nil {
				t.Fatal(err)
			}
			for _, raw := range []string{same, newer} {
				if who, err := v.IDToken(d.ctx, raw); err != nil || who.Email != "ada@contoso.example" {
					t.Errorf("%v, %v", who, err)
				}
			}
			d.staysSignedIn(signedIn.Account.ID)
		})
	}
}

// zitadel knows no resources; a token may be for less than the sign-in was.
func TestTokenForFewerScopes(t *testing.T) {
	d := newDesk(t, stage.DemoProvider)
	c := d.client()
	signedIn := d.signIn(c)
	if want := auth.DefaultScopes(); !cmp.Equal(want, signedIn.Scopes) {
		t.Errorf("the sign-in's scopes are %q, want %q", signedIn.Scopes, want)
	}
	id := signedIn.Account.ID
	token := d.token(c, id, auth.API{Scopes: []string{"email"}})
	slices.Sort(token.Scopes)
	if diff := cmp.Diff([]string{"email", "openid"}, token.Scopes); diff != "" {
		t.Error(diff)
	}
	// It calls itself no access token, and could be an ID token for all that it says.
	var untrusted *auth.TrustError
	if _, err := d.verified("portico", token.AccessToken); !errors.As(err, &untrusted) || untrusted.Check != "typ" {
		t.Errorf("an API: %v", err)
	}
	// The next one is not for less because this one was.
	all := d.token(c, id, auth.API{Scopes: []string{"email", "profile"}})
	slices.Sort(all.Scopes)
	if diff := cmp.Diff([]string{"email", "openid", "profile"}, all.Scopes); diff != "" {
		t.Error(diff)
	}
	_, err := c.Token(d.ctx, id, auth.API{Scopes: []string{"requests.read"}})
	var refused *auth.ProviderError
	if !errors.As(err, &refused) || refused.Code != "invalid_scope" || refused.NeedsPerson() {
		t.Errorf("a scope that the sign-in did not have: %v", err)
	}
	d.staysSignedIn(id)
}
