package auth_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// With a form that the provider has taken, invalid_grant means what it says, once the
// provider has shown that it takes the form still.
func TestDeadGrantEndsTheSignInWhenTheFormIsKnown(t *testing.T) {
	t.Parallel()
	lets := authtest.Body(authtest.Revocation, "text/plain", "")
	fails := authtest.Status(authtest.Revocation, 503)
	refuses := authtest.Refusal(authtest.Revocation, "invalid_client")
	for name, test := range map[string]struct {
		options      []authtest.Option
		fault        *authtest.Fault
		token, other int // requests
	}{
		"the revocation endpoint takes the client": {token: 1, other: 2},
		"it lets everybody in":                     {fault: &lets, token: 4, other: 1},
		"it fails":                                 {fault: &fails, token: 4, other: 1},
		"it refuses everybody":                     {fault: &refuses, token: 4, other: -1},
		"there is none":                            {options: []authtest.Option{authtest.Without(authtest.Revocation)}, token: 4},
	} {
		for dialect, w := range ways(t) {
			t.Run(name+"/"+dialect, func(t *testing.T) {
				t.Parallel()
				d, _ := w.desk(t, test.options...)
				account := d.mustSignIn().Account
				d.provider.Revoke()
				if test.fault != nil {
					d.provider.Fault(*test.fault)
				}
				d.provider.Forget()
				_, err := d.client().Refresh(t.Context(), account.ID)
				if !errors.Is(err, auth.ErrNoSignIn) || auth.ReasonOf(err) != auth.ReasonExpired {
					t.Errorf("err = %v (%s)", err, auth.ReasonOf(err))
				}
				token, other := len(d.provider.Requests(authtest.Token)), len(d.provider.Requests(authtest.Revocation))
				if token != test.token || other > 2+3 || test.other >= 0 && other != test.other {
					t.Errorf("%d requests for tokens and %d others", token, other)
				}
				if d.remembered()[0].Remembered {
					t.Error("the dead token is kept")
				}
			})
		}
	}
}

// A form that is not known any more is found again. Whether a dead grant is one can be
// told all the same where the provider shows elsewhere that it takes the client.
func TestDeadGrantIsToldFromARefusedAssertion(t *testing.T) {
	t.Parallel()
	lets := authtest.Body(authtest.Revocation, "text/plain", "")
	for name, test := range map[string]struct {
		options []authtest.Option
		fault   *authtest.Fault
		ends    bool
		most    int // requests
	}{
		"the revocation endpoint takes the client": {ends: true, most: 4 + 1 + 4},
		"it lets everybody in":                     {fault: &lets, most: 4 + 1},
		"there is none":                            {options: []authtest.Option{authtest.Without(authtest.Revocation)}, most: 4},
	} {
		for dialect, w := range ways(t) {
			t.Run(name+"/"+dialect, func(t *testing.T) {
				t.Parallel()
				d, _ := w.desk(t, test.options...)
				account := d.mustSignIn().Account
				d.loseForms()
				d.provider.Revoke()
				if test.fault != nil {
					d.provider.Fault(*test.fault)
				}
				d.provider.Forget()
				_, err := d.client().Refresh(t.Context(), account.ID)
				if n := len(d.provider.Requests()); n > test.most {
					t.Errorf("%d requests", n)
				}
				if kept := d.remembered()[0].Remembered; kept == test.ends {
					t.Errorf("kept: %v", kept)
				}
				var refused *auth.ProviderError
				if !errors.As(err, &refused) || refused.Code != "invalid_grant" || refused.OnTrial == test.ends || refused.GrantEnded() != test.ends {
					t.Errorf("err = %+v", err)
				}
				want := auth.ReasonKeyUnusable
				if test.ends {
					want = auth.ReasonExpired
				}
				if got := auth.ReasonOf(err); got != want {
					t.Errorf("reason = %s, want %s", got, want)
				}
			})
		}
	}
}

// The key is not registered at all, and the provider says so in the wrong words.
func TestRefusedAssertionNeverEndsASignIn(t *testing.T) {
	t.Parallel()
	for name, w := range ways(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, key := w.desk(t)
			account := d.mustSignIn().Account
			d.provider.ForgetKeys()
			d.provider.SetAssertions(authtest.MuteAssertions)
			d.loseForms()
			d.provider.Forget()
			_, err := d.client().Refresh(t.Context(), account.ID)
			if errors.Is(err, auth.ErrNoSignIn) || auth.ReasonOf(err) != auth.ReasonKeyUnusable {
				t.Errorf("err = %v (%s)", err, auth.ReasonOf(err))
			}
			if n := len(d.provider.Requests(authtest.Token)); n > 4 {
				t.Errorf("the token was shown %d times", n)
			}
			d.provider.RegisterKey(key.JWK)
			if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
				t.Errorf("after the key was registered: %v", err)
			}
		})
	}
}

// An update of the provider's software may change what it takes, with or without a
// change of its metadata.
func TestFormIsFoundAnewWhenTheProviderChanges(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		to       authtest.Assertions
		metadata bool
	}{
		"to another type":                       {to: authtest.OpenIddictAssertions},
		"to another audience":                   {to: authtest.HydraAssertions},
		"to another audience, in wrong words":   {to: authtest.MuteAssertions, metadata: true},
		"to another type, and another document": {to: authtest.OpenIddictAssertions, metadata: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, _ := way{way: authtest.SpringAssertions}.desk(t)
			account := d.mustSignIn().Account
			d.provider.SetAssertions(test.to)
			if test.metadata {
				d.provider.Fault(authtest.Metadata(func(m map[string]any) { m["scopes_supported"] = []string{"openid", "offline_access"} }))
				if _, err := d.client().RenewMetadata(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			for _, most := range []int{4, 1} {
				d.provider.Forget()
				if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
					t.Fatal(err)
				}
				if n := len(d.provider.Requests()); n > most {
					t.Errorf("%d requests, want %d at the most", n, most)
				}
			}
		})
	}
}

// What is merely refused is not sent again under another form once one is known.
func TestRefusalOfTheRequestIsNotTakenForOneOfTheForm(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"invalid_request", "unauthorized_client", "invalid_scope", "access_denied", "invalid_token", "something_else"} {
		d, _ := way{way: authtest.OpenIddictAssertions}.desk(t)
		account := d.mustSignIn().Account
		d.provider.Fault(authtest.Refusal(authtest.Token, code))
		d.provider.Forget()
		var refused *auth.ProviderError
		if _, err := d.client().Refresh(t.Context(), account.ID); !errors.As(err, &refused) || refused.Code != code || refused.OnTrial {
			t.Errorf("%s: err = %v", code, err)
		}
		if n := len(d.provider.Requests()); n != 1 {
			t.Errorf("%s: %d requests", code, n)
		}
	}
}

// The same key, registered another way: the form that was good is refused at the push.
func TestPushedRequestFindsTheFormOfAKeyThatWasRegisteredAnew(t *testing.T) {
	t.Parallel()
	d, key := way{way: authtest.KeycloakAssertions}.desk(t, authtest.WithPAR(true))
	d.mustSignIn()
	d.provider.ForgetKeys()
	d.provider.RegisterUploadedCertificate(key.Certificate)
	d.mustSignIn()
}

// What the provider says of the request comes through, although the form was not known.
func TestRefusalOfThePushedRequestComesThroughATrial(t *testing.T) {
	t.Parallel()
	for name, w := range ways(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, _ := w.desk(t, authtest.WithPAR(true), authtest.WithRedirects("http://127.0.0.1/elsewhere"))
			_, _, err := d.signIn(d.client(), auth.BeginOptions{})
			var refused *auth.ProviderError
			if !errors.As(err, &refused) || refused.Code != "invalid_request" || !strings.Contains(refused.Description, "redirect URI") || refused.OnTrial {
				t.Errorf("err = %+v", err)
			}
		})
	}
}

func TestProviderThatRefusesTheClientForEverIsAskedInEveryFormOnce(t *testing.T) {
	t.Parallel()
	for name, w := range ways(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, _ := w.desk(t)
			account := d.mustSignIn().Account
			d.provider.Fault(authtest.Refusal(authtest.Token, "invalid_client"))
			for _, lose := range []bool{false, true} {
				if lose {
					d.loseForms()
				}
				d.provider.Forget()
				_, err := d.client().Refresh(t.Context(), account.ID)
				if auth.ReasonOf(err) != auth.ReasonClient {
					t.Errorf("err = %v (%s)", err, auth.ReasonOf(err))
				}
				forms := map[sentAssertion]bool{}
				asked := d.provider.Requests()
				for _, r := range asked {
					forms[assertionIn(t, r)] = true
				}
				if len(asked) != 4 || len(forms) != 4 {
					t.Errorf("%d requests in %d forms", len(asked), len(forms))
				}
			}
			if !d.remembered()[0].Remembered {
				t.Error("the token is lost")
			}
		})
	}
}

// No form of an assertion mends a clock.
func TestWrongClockIsNamedAtTheFirstRefusal(t *testing.T) {
	t.Parallel()
	d, _ := way{way: authtest.OpenIddictAssertions}.desk(t)
	d.mustSignIn()
	d.now = func() time.Time { return time.Now().Add(40 * time.Minute) }
	d.loseForms()
	d.provider.Forget()
	_, err := d.client().BeginDevice(t.Context(), auth.BeginOptions{})
	var clock *auth.ClockError
	if !errors.As(err, &clock) {
		t.Errorf("err = %v, want the clock", err)
	}
	if n := len(d.provider.Requests(authtest.DeviceAuthorization)); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// The administrator registers the second key another way than the first one.
func TestSecondKeyHasAFormOfItsOwn(t *testing.T) {
	t.Parallel()
	for name, w := range ways(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, first := w.desk(t)
			account := d.mustSignIn().Account
			var second auth.ClientKey
			if w.way == authtest.KeycloakAssertions && !w.upload {
				second = d.registerUploaded()
			} else {
				second = d.register()
			}
			d.provider.ForgetKeys(first.ID)
			if w.upload {
				d.provider.ForgetKeys(certifiedID(t, first))
			}
			if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
				t.Fatal(err)
			}
			if keys, err := d.client().Keys(t.Context()); err != nil || keys[0].ID != second.ID {
				t.Errorf("keys = %+v, %v", keys, err)
			}
			d.provider.Forget()
			if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
				t.Fatal(err)
			}
			if n := len(d.provider.Requests()); n != 1 {
				t.Errorf("%d requests, with both known", n)
			}
		})
	}
}

// Entra and Okta say which form they want; the others are not tried there.
func TestDocumentedFormsAreNeverOnTrial(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authtest.WithEntra(authtest.EntraOptions{}), authtest.WithClientAuth("private_key_jwt"), authtest.WithCertificates())
	d.describe = func(p *auth.Provider) {
		p.Dialect, p.ClientAuth = auth.Entra, auth.ClientAuth{Method: auth.AuthPrivateKey}
	}
	key, err := d.client().NewKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d.provider.RegisterCertificate(key.Certificate)
	account := d.mustSignIn().Account
	d.provider.ForgetKeys()
	d.provider.Forget()
	var refused *auth.ProviderError
	if _, err := d.client().Refresh(t.Context(), account.ID); !errors.As(err, &refused) || refused.Code != "invalid_client" {
		t.Errorf("err = %v", err)
	}
	if n := len(d.provider.Requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
	d.provider.Revoke()
	d.provider.RegisterCertificate(key.Certificate)
	if _, err := d.client().Refresh(t.Context(), account.ID); !errors.Is(err, auth.ErrNoSignIn) {
		t.Errorf("err = %v", err)
	}
}

// Without a place on disk the form is known until the program ends.
func TestFormIsKnownWithoutACache(t *testing.T) {
	t.Parallel()
	d, _ := way{way: authtest.HydraAssertions}.desk(t)
	p := d.client().Provider()
	c, err := auth.New(auth.Params{Provider: p, Accounts: d.accounts(), HTTP: d.provider.Client()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	tokens, _, err := d.signIn(c, auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	d.provider.Forget()
	if _, err := c.Refresh(t.Context(), tokens.Account.ID); err != nil {
		t.Fatal(err)
	}
	if n := len(d.provider.Requests(authtest.Token)); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestDamagedFormsAreFoundAnew(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "null", "{", `{"forms":{"x":7}}`, `{"metadata":"AA==","forms":null}`, `{"forms":{"KEY":"of another version"}}`} {
		d, key := way{way: authtest.HydraAssertions}.desk(t)
		account := d.mustSignIn().Account
		files, _ := filepath.Glob(filepath.Join(d.dir, "provider", "client.*.json"))
		if err := os.WriteFile(files[0], []byte(strings.ReplaceAll(content, "KEY", key.ID)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
			t.Errorf("%s: %v", content, err)
		}
	}
}
