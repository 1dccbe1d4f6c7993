package auth_test

import (
	"context"
	"testing"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// newStore is a stand-in for a key store that was never used, and for the person whom
// it asks to choose a password.
type newStore struct {
	auth.Store
	keys   *authtest.KeyStore
	agreed bool
	asked  int
}

func (s *newStore) SetUp(context.Context) error {
	s.asked++
	if !s.agreed {
		return &vault.Error{Op: "set up", Kind: vault.NotSetUp}
	}
	s.keys.Heal()
	return nil
}

func TestKeyStoreIsSetUpDuringASignIn(t *testing.T) {
	for name, agreed := range map[string]bool{"agreed": true, "declined": false} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.keyStore.Fail(vault.NotSetUp)
			store := &newStore{Store: d.store(), keys: d.keyStore, agreed: agreed}
			c, err := auth.New(auth.Params{
				Provider: auth.Provider{ID: "work", Authority: d.provider.URL, ClientID: authtest.ClientID},
				Accounts: auth.NewAccounts(store, d.dir), HTTP: d.provider.Client(),
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(c.Close)
			if _, err := c.Refresh(t.Context(), "ada"); vault.KindOf(err) != vault.NotSetUp || store.asked != 0 {
				t.Errorf("a silent start: %v, asked %d times", err, store.asked)
			}
			if _, _, err := d.signIn(c, auth.BeginOptions{MemoryOnly: true}); err != nil || store.asked != 0 {
				t.Errorf("not to be remembered: %v, asked %d times", err, store.asked)
			}
			tokens, _, err := d.signIn(c, auth.BeginOptions{})
			if err != nil || store.asked != 1 || tokens.Remembered() != agreed {
				t.Errorf("a sign-in: %v, asked %d times, remembered %v", err, store.asked, tokens.Remembered())
			}
			if !agreed && vault.KindOf(tokens.SaveErr) != vault.NotSetUp {
				t.Errorf("SaveErr = %v", tokens.SaveErr)
			}
			if _ = c.SaveAgain(t.Context()); store.asked != 1 {
				t.Error("asked again by itself")
			}
		})
	}
}
