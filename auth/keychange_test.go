package auth_test

import (
	"errors"
	"testing"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// The provider's administrator has put the second key in the first one's place.
func TestSecondKeyTakesOverWhenTheProviderForgetsTheFirst(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]authtest.Option{
		"at the token endpoint":      nil,
		"at the pushed request":      {authtest.WithPAR(false)},
		"with proofs":                {authtest.WithDPoP(true)},
		"without a new token at all": {authtest.WithoutRotation()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, append(options, authtest.WithClientAuth("private_key_jwt"))...).withAuth(auth.ClientAuth{Method: auth.AuthPrivateKey})
			first := d.register()
			account := d.mustSignIn().Account
			second := d.register()
			if !first.Current || second.Current {
				t.Fatalf("current: %v, %v", first.Current, second.Current)
			}

			d.provider.Forget()
			if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
				t.Fatal(err)
			}
			before := len(d.provider.Requests(authtest.Token))

			d.provider.ForgetKeys(first.ID)
			d.provider.Forget()
			if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
				t.Fatalf("a silent refresh: %v", err)
			}
			if n := len(d.provider.Requests(authtest.Token)); n < before+1 || n > before+2 {
				t.Errorf("the change over took %d requests, %d without", n, before)
			}
			keys, err := d.client().Keys(t.Context())
			if err != nil || len(keys) != 2 || keys[0].ID != second.ID || !keys[0].Current || keys[1].ID != first.ID || keys[1].Current {
				t.Errorf("keys = %+v, %v; want the second one first", keys, err)
			}
			d.provider.Forget()
			d.mustSignIn()
			for _, r := range d.provider.Requests(authtest.Token) {
				if id := assertionKey(t, r); id != second.ID {
					t.Errorf("afterwards the key %s was still tried", id)
				}
			}
			if err := d.client().DropKey(t.Context(), ""); err != nil {
				t.Fatal(err)
			}
			if keys, _ := d.client().Keys(t.Context()); len(keys) != 1 || keys[0].ID != second.ID {
				t.Errorf("after the old one was dropped: %+v", keys)
			}
		})
	}
}

// What is wrong with the other key is no reason not to use the one that fits.
func TestKeyThatTheProviderCannotUseIsPassedOver(t *testing.T) {
	t.Parallel()
	for name, made := range map[string][2]string{"the second": {"RS256", "ES256"}, "the first": {"ES256", "RS256"}} {
		d := newDesk(t, authtest.WithClientAuth("private_key_jwt"))
		for _, algorithm := range made {
			d.withAuth(auth.ClientAuth{Method: auth.AuthPrivateKey, Algorithm: algorithm}).register()
		}
		d.provider.Fault(authtest.Metadata(func(m map[string]any) {
			m["token_endpoint_auth_signing_alg_values_supported"] = []string{"RS256"}
		}))
		account := d.mustSignIn().Account
		if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if keys, err := d.client().Keys(t.Context()); err != nil || len(keys) != 2 {
			t.Errorf("%s: keys = %+v, %v", name, keys, err)
		}
	}
}

// Nothing is lost on the way: the sign-in goes through while the keys change.
func TestSignInGoesThroughWhileTheKeysChange(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authtest.WithClientAuth("private_key_jwt")).withAuth(auth.ClientAuth{Method: auth.AuthPrivateKey})
	first := d.register()
	d.register()
	d.provider.ForgetKeys(first.ID)
	tokens := d.mustSignIn()
	if !tokens.Remembered() || !d.provider.Alive(tokens.RefreshToken) {
		t.Errorf("tokens = %v", tokens)
	}
}

// The provider may have changed what it wants of an assertion, so each form is tried, once.
func TestWithNothingToChangeOverToTheProviderIsAskedOnceInEachForm(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authtest.WithClientAuth("private_key_jwt")).withAuth(auth.ClientAuth{Method: auth.AuthPrivateKey})
	key := d.register()
	account := d.mustSignIn().Account
	d.provider.ForgetKeys()
	d.provider.Forget()
	var refused *auth.ProviderError
	if _, err := d.client().Refresh(t.Context(), account.ID); !errors.As(err, &refused) || refused.Code != "invalid_client" {
		t.Errorf("err = %v, want invalid_client", err)
	}
	if n := len(d.provider.Requests()); n != 4 {
		t.Errorf("asked %d times, want once in each form", n)
	}
	d.provider.RegisterKey(key.JWK)
	if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
		t.Errorf("after the key was registered again: %v", err)
	}
}

func TestWhenBothKeysAreRefusedTheOrderStays(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authtest.WithClientAuth("private_key_jwt")).withAuth(auth.ClientAuth{Method: auth.AuthPrivateKey})
	first := d.register()
	account := d.mustSignIn().Account
	d.register()
	d.provider.ForgetKeys()
	d.provider.Forget()
	var refused *auth.ProviderError
	if _, err := d.client().Refresh(t.Context(), account.ID); !errors.As(err, &refused) || refused.Code != "invalid_client" {
		t.Errorf("err = %v, want invalid_client", err)
	}
	asked := d.provider.Requests()
	sent := map[sentAssertion]bool{}
	for _, r := range asked {
		sent[assertionIn(t, r)] = true
	}
	if len(asked) != 8 || len(sent) != 8 {
		t.Errorf("asked %d times in %d forms, want once with each key in each form", len(asked), len(sent))
	}
	if first, second := assertionKey(t, asked[0]), assertionKey(t, asked[1]); first == second {
		t.Errorf("the second key was not the second to be tried")
	}
	if keys, _ := d.client().Keys(t.Context()); len(keys) != 2 || keys[0].ID != first.ID {
		t.Errorf("keys = %+v", keys)
	}
}

// Only a provider that does not know the key is shown the other one.
func TestSecondKeyIsNotTriedForAnotherReason(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]authtest.Fault{
		"a fault":      authtest.TokenStatus(503),
		"no answer":    authtest.Drop(authtest.Token),
		"not allowed":  authtest.Refusal(authtest.Token, "unauthorized_client"),
		"a dead grant": authtest.Refusal(authtest.Token, "invalid_grant"),
	} {
		d := newDesk(t, authtest.WithClientAuth("private_key_jwt")).withAuth(auth.ClientAuth{Method: auth.AuthPrivateKey})
		first := d.register()
		account := d.mustSignIn().Account
		d.register()
		d.provider.Fault(fault)
		d.provider.Forget()
		if _, err := d.client().Refresh(t.Context(), account.ID); err == nil {
			t.Errorf("%s: no error", name)
		}
		if n := len(d.provider.Requests(authtest.Token)); n != 1 {
			t.Errorf("%s: asked %d times", name, n)
		}
		if keys, _ := d.client().Keys(t.Context()); len(keys) != 2 || keys[0].ID != first.ID {
			t.Errorf("%s: keys = %+v", name, keys)
		}
	}
}

// A second key that the provider takes is current, whatever else it says.
func TestSecondKeyIsKeptAlsoWhenTheGrantHasEnded(t *testing.T) {
	t.Parallel()
	d := newDesk(t, authtest.WithClientAuth("private_key_jwt")).withAuth(auth.ClientAuth{Method: auth.AuthPrivateKey})
	first := d.register()
	account := d.mustSignIn().Account
	second := d.register()
	d.provider.ForgetKeys(first.ID)
	d.provider.Revoke()
	if _, err := d.client().Refresh(t.Context(), account.ID); !errors.Is(err, auth.ErrNoSignIn) {
		t.Errorf("err = %v, want ErrNoSignIn", err)
	}
	if keys, _ := d.client().Keys(t.Context()); len(keys) != 2 || keys[0].ID != second.ID {
		t.Errorf("keys = %+v", keys)
	}
}
