package auth_test

import (
	"testing"
	"time"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

func TestSignInsMoveToAnotherKeyStore(t *testing.T) {
	secret := authtest.WithClient(authtest.ClientID, "the-secret")
	d := newDesk(t, secret, authtest.WithClientAuth("client_secret_basic")).described(func(p *auth.Provider) { p.ClientAuth.Method = auth.AuthSecretBasic })
	if err := d.client().SetSecret(t.Context(), auth.Secret{Value: "the-secret"}); err != nil {
		t.Fatal(err)
	}
	first := d.mustSignIn().Account
	bob := authtest.Ada()
	bob.Subject, bob.Email = "sub-bob", "bob@contoso.example"
	d.provider.SetPerson(bob)
	second := d.mustSignIn().Account

	from, fromKeys := d.store(), d.keyStore
	d.keyStore = authtest.NewKeyStore()
	to := d.store()
	d.keyStore.Fail(vault.Missing)
	if err := auth.NewAccounts(from, d.dir).MoveTo(t.Context(), to); err == nil {
		t.Error("a key store that takes nothing is no error")
	}
	d.keyStore.Heal()
	if known, err := auth.NewAccounts(from, "").All(t.Context()); err != nil || len(known) != 2 {
		t.Errorf("what could not be moved is gone: %+v, %v", known, err)
	}
	if err := auth.NewAccounts(from, d.dir).MoveTo(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	if n := len(fromKeys.Entries("test")); n != 0 {
		t.Errorf("%d entries were left behind", n)
	}
	known := d.remembered()
	if len(known) != 2 || known[0].ID != second.ID || known[1].ID != first.ID || !known[0].Remembered {
		t.Errorf("known = %+v", known)
	}
	if _, err := d.client().Refresh(t.Context(), second.ID); err != nil {
		t.Errorf("the sign-in does not work where it lies now: %v", err)
	}
	if err := auth.NewAccounts(from, d.dir).MoveTo(t.Context(), to); err != nil {
		t.Errorf("moving nothing: %v", err)
	}
}

func TestNewerSignInIsKeptWhenBothKeyStoresHaveOne(t *testing.T) {
	d := newDesk(t)
	at := time.Now()
	d.now = func() time.Time { return at }
	older := d.mustSignIn().RefreshToken
	from := d.store()
	d.keyStore = authtest.NewKeyStore()
	at = at.Add(time.Minute)
	account := d.mustSignIn().Account
	if err := auth.NewAccounts(from, d.dir).MoveTo(t.Context(), d.store()); err != nil {
		t.Fatal(err)
	}
	d.provider.Forget()
	if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
		t.Errorf("the newer sign-in is lost: %v", err)
	}
	if !d.provider.Alive(older) {
		t.Error("the older sign-in was used")
	}
	if known, err := auth.NewAccounts(from, "").All(t.Context()); err != nil || len(known) != 0 {
		t.Errorf("left behind: %+v, %v", known, err)
	}
}
