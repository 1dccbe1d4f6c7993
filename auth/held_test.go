package auth_test

import (
	"errors"
	"testing"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/vault"
)

// A portal that describes its provider anew gets another client. What only memory has is
// renewed, saved and ended by that one all the same.
func TestClientsOfOneProgramShareWhatOnlyMemoryHas(t *testing.T) {
	for name, memoryOnly := range map[string]bool{"not to be kept": true, "not taken by the key store": false} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.oneProgram()
			d.keyStore.TakeNothing(vault.Full)
			tokens, _, err := d.signIn(d.client(), auth.BeginOptions{MemoryOnly: memoryOnly})
			if err != nil || tokens.Remembered() {
				t.Fatalf("%v, %v", tokens, err)
			}
			id := tokens.Account.ID
			for n := range 3 { // each spends what the one before has brought
				if tokens, err = d.client().Refresh(t.Context(), id); err != nil || tokens.Remembered() {
					t.Fatalf("renewal %d: %v, %v", n, tokens, err)
				}
			}
			d.keyStore.Heal()
			if tokens, err = d.client().Refresh(t.Context(), id); err != nil || tokens.Remembered() == memoryOnly {
				t.Fatalf("when the key store takes something again: %v, %v", tokens, err)
			}
			if kept := len(d.keyStore.Entries("test")) > 0; kept == memoryOnly {
				t.Errorf("the key store has it: %v", kept)
			}
			report := d.client().SignOut(t.Context(), id)
			if report.LocalErr != nil || report.RevokeErr != nil || report.EndSession == nil || d.provider.Alive(tokens.RefreshToken) {
				t.Errorf("%+v, alive %v", report, d.provider.Alive(tokens.RefreshToken))
			}
			if _, err := d.client().Refresh(t.Context(), id); !errors.Is(err, auth.ErrNoSignIn) {
				t.Errorf("after the sign-out: %v", err)
			}
		})
	}
}

// Another program of the same person has another memory.
func TestWhatOnlyMemoryHasIsNoneOfAnotherPrograms(t *testing.T) {
	d := newDesk(t)
	tokens, _, err := d.signIn(d.client(), auth.BeginOptions{MemoryOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.client().Refresh(t.Context(), tokens.Account.ID); !errors.Is(err, auth.ErrNoSignIn) {
		t.Errorf("err = %v", err)
	}
}

// A renewal may be under way when the same person signs in without being remembered. It
// does not take that sign-in's place, and what it could not save is not saved later.
func TestMemoryOnlySignInOutlastsARenewalThatWasUnderWay(t *testing.T) {
	for name, saved := range map[string]bool{"that is saved": true, "that cannot be saved": false} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			account := d.mustSignIn().Account
			c := d.client()
			var only *auth.Tokens
			d.provider.OnToken(func() {
				d.provider.OnToken(nil)
				var err error
				if only, _, err = d.signIn(c, auth.BeginOptions{MemoryOnly: true}); err != nil {
					t.Error(err)
				}
				if !saved {
					d.keyStore.TakeNothing(vault.Full)
				}
			})
			renewed, err := c.Refresh(t.Context(), account.ID)
			if err != nil || renewed.Remembered() != saved || only == nil || only.Account.ID != account.ID {
				t.Fatalf("%v, %v, %v", renewed, err, only)
			}
			d.keyStore.Heal()
			before := d.keyStore.Changes()
			if err := c.SaveAgain(t.Context()); err != nil || renewed.Remembered() != saved {
				t.Errorf("saved: %v, %v", renewed.Remembered(), err)
			}
			again, err := c.Refresh(t.Context(), account.ID)
			if err != nil || again.Remembered() || d.provider.Alive(only.RefreshToken) {
				t.Errorf("not renewed from memory: %v, %v", again, err)
			}
			if n := d.keyStore.Changes() - before; n != 0 {
				t.Errorf("the key store was changed %d times", n)
			}
		})
	}
}

// A new sign-in that is to be kept takes the place of one that was not.
func TestSignInTakesThePlaceOfOneInMemory(t *testing.T) {
	d := newDesk(t)
	c := d.client()
	if _, _, err := d.signIn(c, auth.BeginOptions{MemoryOnly: true}); err != nil {
		t.Fatal(err)
	}
	kept, _, err := d.signIn(c, auth.BeginOptions{})
	if err != nil || !kept.Remembered() {
		t.Fatalf("%v, %v", kept, err)
	}
	if tokens, err := c.Refresh(t.Context(), kept.Account.ID); err != nil || !tokens.Remembered() {
		t.Errorf("%v, %v", tokens, err)
	}
	if _, err := d.client().Refresh(t.Context(), kept.Account.ID); err != nil {
		t.Errorf("a new start: %v", err)
	}
}

// A key store that gives nothing at a sign-out leaves its sign-in where it is. Its provider
// is told all the same.
func TestSignOutRevokesWhatTheKeyStoreDoesNotGive(t *testing.T) {
	d := newDesk(t)
	c := d.client()
	tokens, _, err := d.signIn(c, auth.BeginOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if tokens, err = c.Refresh(t.Context(), tokens.Account.ID); err != nil {
		t.Fatal(err)
	}
	d.keyStore.Fail(vault.Failing)
	report := c.SignOut(t.Context(), tokens.Account.ID)
	if vault.KindOf(report.LocalErr) != vault.Failing || !report.RevokeOffered || report.RevokeErr != nil || d.provider.Alive(tokens.RefreshToken) {
		t.Errorf("%+v, alive %v", report, d.provider.Alive(tokens.RefreshToken))
	}
}
