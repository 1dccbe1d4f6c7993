package auth_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// awkward has everything that the encodings of RFC 6749 treat differently.
const awkward = `p%3A: ss+w&=ö"/?`

// withAuth lets the desk's program authenticate itself in a way.
func (d *desk) withAuth(a auth.ClientAuth) *desk {
	d.describe = func(p *auth.Provider) { p.ClientAuth = a }
	return d
}

// register makes a key for the client, and registers it.
func (d *desk) register() auth.ClientKey {
	d.t.Helper()
	key, err := d.client().NewKey(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	d.provider.RegisterKey(key.JWK)
	return key
}

// everywhere uses all endpoints that a client authenticates itself at: pushed
// request, code, refresh, device, revocation.
func (d *desk) everywhere() error {
	tokens, _, err := d.signIn(d.client(), auth.BeginOptions{})
	if err != nil {
		return err
	}
	if tokens, err = d.client().Refresh(d.t.Context(), tokens.Account.ID); err != nil {
		return err
	}
	if report := d.client().SignOut(d.t.Context(), tokens.Account.ID); report.LocalErr != nil || report.RevokeErr != nil || !report.RevokeOffered {
		return errors.Join(errors.New("sign-out"), report.LocalErr, report.RevokeErr)
	}
	if d.provider.Alive(tokens.RefreshToken) {
		return errors.New("the refresh token lives on")
	}
	device, err := d.client().BeginDevice(d.t.Context(), auth.BeginOptions{})
	if err != nil {
		return err
	}
	_, err = device.Wait()
	return err
}

func TestEveryMethodOfClientAuthenticationWorksAtEveryEndpoint(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		auth  auth.ClientAuth
		setUp func(*testing.T, *desk)
	}{
		"none":   {auth.ClientAuth{}, func(*testing.T, *desk) {}},
		"basic":  {auth.ClientAuth{Method: auth.AuthSecretBasic}, setSecret},
		"post":   {auth.ClientAuth{Method: auth.AuthSecretPost}, setSecret},
		"ES256":  {auth.ClientAuth{Method: auth.AuthPrivateKey}, func(_ *testing.T, d *desk) { d.register() }},
		"RS256":  {auth.ClientAuth{Method: auth.AuthPrivateKey, Algorithm: "RS256"}, func(_ *testing.T, d *desk) { d.register() }},
		"a file": {auth.ClientAuth{Method: auth.AuthPrivateKey, KeyFile: writeKey(t, "PRIVATE KEY", newECKey(t))}, registerFile},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			method := string(test.auth.Method)
			if method == "" {
				method = "none"
			}
			d := newDesk(t, authtest.WithClientAuth(method), authtest.WithPAR(true), authtest.WithDevice(time.Second, 0)).withAuth(test.auth)
			test.setUp(t, d)
			if err := d.everywhere(); err != nil {
				t.Fatal(err)
			}
			asked := map[authtest.Endpoint]int{}
			for _, r := range d.provider.Requests() {
				asked[r.Endpoint]++
				if strings.Contains(url.Values(r.Query).Encode(), "client_secret") {
					t.Errorf("a credential in the address of %s", r.Endpoint)
				}
				if name == "none" && (r.Form["client_secret"] != nil || r.Header.Get("Authorization") != "" && r.Endpoint != authtest.UserInfo) {
					t.Errorf("a public client sent a credential to %s", r.Endpoint)
				}
			}
			for _, e := range []authtest.Endpoint{authtest.PushedAuthorization, authtest.Token, authtest.Revocation, authtest.DeviceAuthorization} {
				if asked[e] == 0 {
					t.Errorf("%s was never asked", e)
				}
			}
		})
	}
}

func setSecret(t *testing.T, d *desk) {
	d.provider.SetSecret(awkward)
	if err := d.client().SetSecret(t.Context(), auth.Secret{Value: awkward}); err != nil {
		t.Fatal(err)
	}
}

func registerFile(t *testing.T, d *desk) {
	keys, err := d.client().Keys(t.Context())
	if err != nil || len(keys) != 1 || !keys[0].Current || keys[0].File == "" {
		t.Fatalf("keys = %+v, %v", keys, err)
	}
	d.provider.RegisterKey(keys[0].JWK)
}

func TestEntraIsShownTheCertificate(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authtest.WithEntra(authtest.EntraOptions{}), authtest.WithClientAuth("private_key_jwt"), authtest.WithCertificates())
	d.describe = func(p *auth.Provider) {
		p.Dialect, p.ClientAuth = auth.Entra, auth.ClientAuth{Method: auth.AuthPrivateKey}
	}
	key, err := d.client().NewKey(t.Context())
	if err != nil || key.Algorithm != "RS256" {
		t.Fatalf("key = %+v, %v; Entra takes RSA keys only", key, err)
	}
	d.provider.RegisterCertificate(key.Certificate)
	d.mustSignIn()
}

func TestCredentialThatIsNotThereIsToldBeforeTheBrowserOpens(t *testing.T) {
	t.Parallel()
	for _, method := range []auth.AuthMethod{auth.AuthSecretBasic, auth.AuthSecretPost, auth.AuthPrivateKey} {
		d := newDesk(t, authtest.WithClientAuth(string(method))).withAuth(auth.ClientAuth{Method: method})
		_, err := d.client().Begin(t.Context(), auth.BeginOptions{})
		var missing *auth.CredentialError
		if !errors.As(err, &missing) || !missing.Missing || missing.Method != method {
			t.Errorf("%s: err = %v, want what is missing", method, err)
		}
		if n := len(d.provider.Requests(authtest.Token, authtest.Authorize)); n != 0 {
			t.Errorf("%s: %d requests went out all the same", method, n)
		}
	}
}

func TestCredentialThatWasTakenAwayLeavesTheSignInInPlace(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authtest.WithClientAuth("client_secret_post")).withAuth(auth.ClientAuth{Method: auth.AuthSecretPost})
	setSecret(t, d)
	account := d.mustSignIn().Account
	if err := d.client().SetSecret(t.Context(), auth.Secret{}); err != nil {
		t.Fatal(err)
	}
	var missing *auth.CredentialError
	if _, err := d.client().Refresh(t.Context(), account.ID); !errors.As(err, &missing) || errors.Is(err, auth.ErrNoSignIn) {
		t.Errorf("err = %v, want what is missing", err)
	}
	setSecret(t, d)
	if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
		t.Errorf("after it was set again: %v", err)
	}
}

func TestWrongCredentialIsTheProvidersRefusal(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authtest.WithClientAuth("client_secret_basic")).withAuth(auth.ClientAuth{Method: auth.AuthSecretBasic})
	setSecret(t, d)
	account := d.mustSignIn().Account
	d.provider.SetSecret("another")
	d.provider.Forget()
	var refused *auth.ProviderError
	if _, err := d.client().Refresh(t.Context(), account.ID); !errors.As(err, &refused) || refused.Code != "invalid_client" || !refused.ClientRefused() {
		t.Errorf("err = %v, want invalid_client", err)
	}
	if n := len(d.provider.Requests(authtest.Token)); n != 1 {
		t.Errorf("asked %d times with the only secret there is", n)
	}
	d.provider.SetSecret(awkward)
	if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
		t.Errorf("after the secret was mended: %v", err)
	}
}

func TestMethodHasToBeOneThatTheProviderTakes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		auth     auth.ClientAuth
		announce map[string]any
		key      string // "" when it is fine
	}{
		"another method":             {auth.ClientAuth{Method: auth.AuthSecretBasic}, map[string]any{"token_endpoint_auth_methods_supported": []string{"private_key_jwt"}}, "client_auth.method"},
		"nothing announced":          {auth.ClientAuth{Method: auth.AuthSecretBasic}, map[string]any{"token_endpoint_auth_methods_supported": nil}, ""},
		"none is seldom announced":   {auth.ClientAuth{}, map[string]any{"token_endpoint_auth_methods_supported": []string{"client_secret_basic"}}, ""},
		"another algorithm":          {auth.ClientAuth{Method: auth.AuthPrivateKey}, map[string]any{"token_endpoint_auth_methods_supported": []string{"private_key_jwt"}, "token_endpoint_auth_signing_alg_values_supported": []string{"PS256", "RS256"}}, "client_auth.algorithm"},
		"the algorithm among others": {auth.ClientAuth{Method: auth.AuthPrivateKey}, map[string]any{"token_endpoint_auth_methods_supported": []string{"private_key_jwt"}, "token_endpoint_auth_signing_alg_values_supported": []string{"RS256", "ES256"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t).withAuth(test.auth)
			d.provider.Fault(authtest.Metadata(func(m map[string]any) {
				for field, value := range test.announce {
					m[field] = value
				}
			}))
			switch test.auth.Method {
			case auth.AuthPrivateKey:
				d.register()
			case auth.AuthSecretBasic:
				setSecret(t, d)
			}
			in, err := d.client().Begin(t.Context(), auth.BeginOptions{})
			if err == nil {
				in.Cancel()
				_, _ = in.Wait()
			}
			var config *auth.ConfigError
			if test.key == "" && err != nil || test.key != "" && (!errors.As(err, &config) || config.Key != test.key) {
				t.Errorf("err = %v, want %q", err, test.key)
			}
		})
	}
}

func TestWrongClockIsNamedWhenAnAssertionOrAProofIsRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options []authtest.Option
		auth    auth.ClientAuth
		faults  []authtest.Fault
	}{
		"assertion": {[]authtest.Option{authtest.WithClientAuth("private_key_jwt")}, auth.ClientAuth{Method: auth.AuthPrivateKey}, nil},
		// One by the provider's own time is good; this provider takes none.
		"proof": {[]authtest.Option{authtest.WithDPoP(false)}, auth.ClientAuth{}, []authtest.Fault{authtest.Refusal(authtest.Token, "invalid_dpop_proof")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, test.options...).withAuth(test.auth)
			if test.auth.Method != "" {
				d.register()
			}
			account := d.mustSignIn().Account
			d.now = func() time.Time { return time.Now().Add(40 * time.Minute) }
			lift := d.provider.Fault(test.faults...)
			_, err := d.client().Refresh(t.Context(), account.ID)
			var clock *auth.ClockError
			var refused *auth.ProviderError
			if !errors.As(err, &clock) || clock.Ahead.Round(time.Minute) != 40*time.Minute || !errors.As(err, &refused) {
				t.Errorf("err = %v, want the clock, and the refusal behind it", err)
			}
			d.now = nil
			lift()
			if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
				t.Errorf("with the clock right: %v", err)
			}
		})
	}
}

func TestCredentialsNeverShow(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	d := newDesk(t, authtest.WithClientAuth("client_secret_post"), authtest.WithPAR(false), authtest.WithDPoP(true)).withAuth(auth.ClientAuth{Method: auth.AuthSecretPost})
	d.log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	setSecret(t, d)
	tokens := d.mustSignIn()
	d.provider.Fault(authtest.Refusal(authtest.Token, "invalid_client"))
	_, err := d.client().Refresh(t.Context(), tokens.Account.ID)
	for _, secret := range []string{awkward, url.QueryEscape(awkward), tokens.RefreshToken, tokens.AccessToken} {
		if strings.Contains(log.String(), secret) || strings.Contains(err.Error(), secret) {
			t.Error("a secret is in the log or in an error")
		}
	}
	if s := (auth.Secret{Value: awkward}); strings.Contains(s.String()+s.GoString(), awkward) {
		t.Error("a secret prints")
	}
}

func TestSecretsAndKeysStayUnderTheRegistrationsName(t *testing.T) {
	t.Parallel()
	d := newDesk(t).withAuth(auth.ClientAuth{Method: auth.AuthSecretBasic})
	setSecret(t, d)
	names := entryNames(d)
	// What the address of the provider is, and what people call it, may change.
	d.describe = func(p *auth.Provider) {
		p.Authority, p.Title, p.ClientAuth = "https://moved.example", "Renamed", auth.ClientAuth{Method: auth.AuthSecretPost}
	}
	if info, err := d.client().SecretInfo(t.Context()); err != nil || !info.Set || info.SetAt.IsZero() {
		t.Errorf("info = %+v, %v", info, err)
	}
	if now := entryNames(d); !slices.Equal(names, now) {
		t.Errorf("names changed from %v to %v", names, now)
	}
	for _, other := range []func(*auth.Provider){
		func(p *auth.Provider) { p.ID = "other" },
		func(p *auth.Provider) { p.ClientID = "other" },
	} {
		d.describe = func(p *auth.Provider) { p.ClientAuth.Method = auth.AuthSecretPost; other(p) }
		if info, err := d.client().SecretInfo(t.Context()); err != nil || info.Set {
			t.Errorf("another registration sees the secret: %+v, %v", info, err)
		}
	}
}

func entryNames(d *desk) []string {
	var names []string
	for name := range d.keyStore.Entries("test") {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func TestForgetRemovesAccountsSecretsAndKeys(t *testing.T) {
	t.Parallel()
	d := newDesk(t).withAuth(auth.ClientAuth{Method: auth.AuthSecretBasic})
	setSecret(t, d)
	d.mustSignIn()
	d.describe = func(p *auth.Provider) { p.ID, p.ClientAuth.Method = "second", auth.AuthPrivateKey }
	if _, err := d.client().NewKey(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := d.accounts().Forget(t.Context()); n != 1 || err != nil || len(d.keyStore.Entries("test")) != 0 {
		t.Errorf("forgotten: %d, %v; left: %v", n, err, entryNames(d))
	}
	if n, err := d.accounts().Forget(t.Context()); n != 0 || err != nil {
		t.Errorf("a second time: %d, %v", n, err)
	}
}

func TestDamagedCredentialsAreSaidAndCanBeSetAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authtest.WithClientAuth("client_secret_post")).withAuth(auth.ClientAuth{Method: auth.AuthSecretPost})
	setSecret(t, d)
	d.keyStore.Damage("test", func(entries map[string]string) {
		for name := range entries {
			if strings.HasPrefix(name, "client") {
				entries[name] = "damaged"
			}
		}
	})
	if _, err := d.client().Begin(t.Context(), auth.BeginOptions{}); vault.KindOf(err) != vault.Damaged {
		t.Errorf("err = %v, want the key store's damage", err)
	}
	setSecret(t, d)
	d.mustSignIn()
	if _, err := d.accounts().Forget(t.Context()); err != nil || len(d.keyStore.Entries("test")) != 0 {
		t.Errorf("forgetting: %v; left: %v", err, entryNames(d))
	}
}

func TestKeyStoreThatDoesNotAnswerIsNotAMissingSecret(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authtest.WithClientAuth("client_secret_post")).withAuth(auth.ClientAuth{Method: auth.AuthSecretPost})
	setSecret(t, d)
	d.keyStore.Fail(vault.Locked)
	if _, err := d.client().Begin(t.Context(), auth.BeginOptions{}); vault.KindOf(err) != vault.Locked {
		t.Errorf("err = %v, want the locked key store", err)
	}
	if _, err := d.client().SecretInfo(t.Context()); vault.KindOf(err) != vault.Locked {
		t.Errorf("info: %v", err)
	}
}
