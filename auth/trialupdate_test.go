package auth_test

import (
	"errors"
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// An update makes the provider say invalid_grant of the form that was good. Nobody is
// signed out by it, and people who sign in anew get in.
func TestUpdateThatSaysInvalidGrantSignsNobodyOut(t *testing.T) {
	t.Parallel()
	for name, to := range map[string]authtest.Assertions{"another type": authtest.OpenIddictMuteAssertions, "another audience": authtest.MuteAssertions} {
		for offer, options := range map[string][]authtest.Option{"": nil, ", no revocation": {authtest.Without(authtest.Revocation)}} {
			for step, act := range map[string]func(*desk, auth.Account) error{
				"renewal": func(d *desk, a auth.Account) error {
					_, err := d.client().Refresh(d.t.Context(), a.ID)
					return err
				},
				"code": func(d *desk, _ auth.Account) error {
					_, _, err := d.signIn(d.client(), auth.BeginOptions{})
					return err
				},
			} {
				t.Run(step+", "+name+offer, func(t *testing.T) {
					t.Parallel()
					d, _ := way{way: authtest.SpringAssertions}.desk(t, options...)
					account := d.mustSignIn().Account
					d.provider.SetAssertions(to)
					for _, most := range []int{4 + 2, 1} {
						d.provider.Forget()
						if err := act(d, account); err != nil {
							t.Fatal(err)
						}
						if n := len(d.provider.Requests(authtest.Token, authtest.Revocation)); n > most {
							t.Errorf("%d requests, want %d at the most", n, most)
						}
					}
					d.provider.Revoke()
					if _, err := d.client().Refresh(t.Context(), account.ID); !errors.Is(err, auth.ErrNoSignIn) {
						t.Errorf("a dead grant: %v", err)
					}
				})
			}
		}
	}
}

// The provider forgets the key, and says so in the wrong words, of a form that was good.
func TestForgottenKeyEndsNoSignIn(t *testing.T) {
	t.Parallel()
	for _, way := range []way{{way: authtest.MuteAssertions}, {way: authtest.OpenIddictMuteAssertions}} {
		d, key := way.desk(t)
		account := d.mustSignIn().Account
		d.provider.ForgetKeys()
		d.provider.Forget()
		_, err := d.client().Refresh(t.Context(), account.ID)
		if errors.Is(err, auth.ErrNoSignIn) || auth.ReasonOf(err) != auth.ReasonKeyUnusable {
			t.Errorf("%s: err = %v (%s)", way.way, err, auth.ReasonOf(err))
		}
		if n := len(d.provider.Requests()); n > 4+1+4 {
			t.Errorf("%s: %d requests", way.way, n)
		}
		d.provider.RegisterKey(key.JWK)
		if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
			t.Errorf("%s: after the key was registered: %v", way.way, err)
		}
	}
}

// A provider refuses the client in words of its own: the other forms are tried.
func TestFormIsFoundWhateverTheRefusalIsCalled(t *testing.T) {
	t.Parallel()
	for name, refusal := range oddClientRefusals() {
		for _, w := range []way{{way: authtest.OpenIddictAssertions}, {way: authtest.HydraAssertions}, {way: authtest.KeycloakAssertions, upload: true}} {
			t.Run(name+"/"+string(w.way), func(t *testing.T) {
				t.Parallel()
				d, _ := w.desk(t, authtest.WithPAR(true), authtest.WithDevice(time.Second, 0))
				d.provider.RefuseClients(refusal.status, refusal.body)
				account := d.mustSignIn().Account
				d.loseForms()
				d.provider.Forget()
				if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
					t.Error(err)
				}
				if n := len(d.provider.Requests()); n > 4 {
					t.Errorf("%d requests", n)
				}
				d.loseForms()
				device, err := d.client().BeginDevice(t.Context(), auth.BeginOptions{})
				if err != nil {
					t.Fatal(err)
				}
				device.Cancel()
				_, _ = device.Wait()
				// Once the form is known, such a refusal is still about the client, where it
				// says so: an update may have changed what is taken.
				if !refusal.plain {
					return
				}
				d.provider.SetAssertions(authtest.SpringAssertions)
				if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
					t.Errorf("after an update: %v", err)
				}
			})
		}
	}
}

// oddClientRefusal is how a provider refuses a client; plain says that nothing else can
// be meant by it.
type oddClientRefusal struct {
	status int
	body   string
	plain  bool
}

func oddClientRefusals() map[string]oddClientRefusal {
	return map[string]oddClientRefusal{
		"401, nothing":                 {401, "", true},
		"401, a page":                  {401, "<h1>Unauthorized</h1>", true},
		"401 Spring":                   {401, `{"timestamp":"2026-01-01T00:00:00Z","status":401,"error":"Unauthorized","path":"/token"}`, true},
		"401 unauthorized":             {401, `{"error":"unauthorized"}`, true},
		"401 of an API":                {401, `{"error":{"code":401,"message":"no"}}`, true},
		"401 invalid_client":           {401, `{"error":"invalid_client"}`, true},
		"401 invalid_client_assertion": {401, `{"error":"invalid_client_assertion"}`, true},
		"401 bad_client_credentials":   {401, `{"error":"bad_client_credentials"}`, true},
		"400 invalid_client_assertion": {400, `{"error":"invalid_client_assertion"}`, true},
		"400 Invalid client":           {400, `{"error":"Invalid client"}`, true},
		"403 invalid_client":           {403, `{"error":"invalid_client"}`, true},
		"400, nothing":                 {400, "", false},
		"400 invalid_assertion":        {400, `{"error":"invalid_assertion"}`, false},
		"400 Bad Request":              {400, `{"status":400,"error":"Bad Request"}`, false},
		"400 unauthorized_client":      {400, `{"error":"unauthorized_client"}`, false},
		"403 not_allowed":              {403, `{"error":"not_allowed"}`, false},
	}
}
