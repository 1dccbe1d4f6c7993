package auth_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

func (d *desk) renewals() int { return len(d.provider.Requests(authtest.Token)) }

// The provider ends the refresh token that is shown to it: it is not shown where the
// next one cannot be kept.
func TestTokenIsNotSpentWhileTheKeyStoreTakesNothing(t *testing.T) {
	for _, kind := range []vault.Kind{vault.Full, vault.Failing, vault.Locked, vault.Silent} {
		t.Run(kind.String(), func(t *testing.T) {
			d := newDesk(t)
			account := d.mustSignIn().Account
			before, asked := d.keyStore.Entries("test"), d.renewals()
			d.keyStore.TakeNothing(kind)
			c := d.client()
			for range 3 {
				tokens, err := c.Refresh(t.Context(), account.ID)
				var unwritable *auth.UnwritableError
				if tokens != nil || !errors.As(err, &unwritable) || vault.KindOf(err) != kind || errors.Is(err, auth.ErrNoSignIn) {
					t.Errorf("err = %v", err)
				}
			}
			if n := d.renewals() - asked; n != 0 {
				t.Errorf("%d token requests were made", n)
			}
			d.keyStore.Heal()
			if got := d.keyStore.Entries("test"); got["account."+account.ID] != before["account."+account.ID] {
				t.Error("the record has changed")
			}
			if tokens, err := c.Refresh(t.Context(), account.ID); err != nil || !tokens.Remembered() {
				t.Errorf("when it takes something again: %v", err)
			}
			if n := d.renewals() - asked; n != 1 {
				t.Errorf("%d token requests, want one", n)
			}
			if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
				t.Errorf("a new start: %v", err)
			}
		})
	}
}

// The write that proves it is as long as what will come, is made once, and leaves the
// same sign-in behind.
func TestKeyStoreIsTriedBeforeTheFirstRenewalAlone(t *testing.T) {
	d := newDesk(t)
	account := d.mustSignIn().Account
	name := "account." + account.ID
	kept := d.keyStore.Entries("test")[name]
	lift := d.provider.Fault(authtest.Drop(authtest.Token))
	c := d.client()
	for range 3 {
		if _, err := c.Refresh(t.Context(), account.ID); err == nil {
			t.Fatal("renewed without an answer")
		}
	}
	lift()
	tried := d.keyStore.Entries("test")[name]
	if len(tried) < len(kept)+600 {
		t.Errorf("%d bytes were tried with, after %d; the next record may be longer", len(tried), len(kept))
	}
	changes := d.keyStore.Changes()
	if _, err := c.Refresh(t.Context(), account.ID); err != nil {
		t.Fatal(err)
	}
	if n := d.keyStore.Changes() - changes; n != 1 {
		t.Errorf("%d changes for a renewal after the first try, want the save alone", n)
	}
	if saved := d.keyStore.Entries("test")[name]; len(saved) >= len(tried) {
		t.Errorf("%d bytes are saved, after a try with %d", len(saved), len(tried))
	}
}

// Whatever becomes of the write that proves it, the former sign-in is still there.
func TestTryThatBreaksOffCostsNothing(t *testing.T) {
	for name, fail := range map[string]func(*authtest.KeyStore){
		"refused":                             func(k *authtest.KeyStore) { k.FailChange(1, false) },
		"carried out, but reported as failed": func(k *authtest.KeyStore) { k.FailChange(1, true) },
		"killed before":                       func(k *authtest.KeyStore) { k.DieAtChange(1, false) },
		"killed after":                        func(k *authtest.KeyStore) { k.DieAtChange(1, true) },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			account := d.mustSignIn().Account
			asked := d.renewals()
			fail(d.keyStore)
			if _, err := d.client().Refresh(t.Context(), account.ID); err == nil || d.renewals() != asked {
				t.Errorf("err = %v, %d token requests", err, d.renewals()-asked)
			}
			d.keyStore.Heal()
			if _, err := d.client().Refresh(t.Context(), account.ID); err != nil {
				t.Errorf("a new start: %v", err)
			}
		})
	}
}

// unsavedDesk is one whose key store fails while a rotated token is saved.
func unsavedDesk(t *testing.T, kind vault.Kind) (*desk, *auth.Client, *auth.Tokens) {
	t.Helper()
	d := newDesk(t)
	account := d.mustSignIn().Account
	c := d.client()
	d.provider.OnToken(func() { d.keyStore.TakeNothing(kind) })
	tokens, err := c.Refresh(t.Context(), account.ID)
	d.provider.OnToken(nil)
	if err != nil || tokens.Remembered() || tokens.SaveErr == nil {
		t.Fatalf("%v, %+v", err, tokens)
	}
	return d, c, tokens
}

// A save that has failed is made up for without another request: when somebody looks,
// and at the end.
func TestTokenThatCannotBeSavedIsSavedLater(t *testing.T) {
	for name, try := range map[string]func(*auth.Client) error{
		"when somebody looks": func(c *auth.Client) error { return c.SaveAgain(t.Context()) },
		"at the end":          func(c *auth.Client) error { c.Close(); return nil },
	} {
		for _, kind := range []vault.Kind{vault.Full, vault.Locked, vault.Silent} {
			t.Run(name+", "+kind.String(), func(t *testing.T) {
				d, c, tokens := unsavedDesk(t, kind)
				var told []string
				d.saved = func(id string) { told = append(told, id) }
				asked := d.renewals()
				_, err := os.Stat(filepath.Join(d.dir, tokens.Account.ID+".unsaved"))
				if err != nil || c.SaveAgain(t.Context()) == nil || tokens.Remembered() {
					t.Errorf("while it takes nothing: %v, remembered %v", err, tokens.Remembered())
				}
				d.keyStore.Heal()
				if err := try(c); err != nil {
					t.Error(err)
				}
				if !tokens.Remembered() || len(told) != 1 || told[0] != tokens.Account.ID {
					t.Errorf("remembered %v, told of %v", tokens.Remembered(), told)
				}
				if n := d.renewals() - asked; n != 0 {
					t.Errorf("%d token requests were made", n)
				}
				if left, _ := filepath.Glob(filepath.Join(d.dir, "*.unsaved")); len(left) != 0 {
					t.Errorf("left behind: %v", left)
				}
				again, err := c.Refresh(t.Context(), tokens.Account.ID)
				if err != nil || !again.Remembered() {
					t.Errorf("the next renewal: %v", err)
				}
				if _, err := d.client().Refresh(t.Context(), tokens.Account.ID); err != nil {
					t.Errorf("a new start: %v", err)
				}
			})
		}
	}
}

func TestNewSignInThatCannotBeSavedIsSavedLater(t *testing.T) {
	d := newDesk(t)
	d.keyStore.Fail(vault.Missing)
	c := d.client()
	tokens, _, err := d.signIn(c, auth.BeginOptions{})
	if err != nil || tokens.Remembered() {
		t.Fatalf("%v, %+v", err, tokens)
	}
	d.keyStore.Heal()
	if err := c.SaveAgain(t.Context()); err != nil || !tokens.Remembered() {
		t.Errorf("later: %v", err)
	}
	// Another process renews it; what is in memory here is spent by then.
	if _, err := d.client().Refresh(t.Context(), tokens.Account.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Refresh(t.Context(), tokens.Account.ID); err != nil {
		t.Errorf("after another process: %v", err)
	}
}

// What nobody wants kept any more does not come back by itself.
func TestUnsavedSignInIsLetGoOf(t *testing.T) {
	for name, end := range map[string]func(*desk, *auth.Client, *auth.Tokens){
		"signed out": func(d *desk, c *auth.Client, tokens *auth.Tokens) {
			if report := c.SignOut(t.Context(), tokens.Account.ID); report.LocalErr != nil || !report.RevokeOffered {
				t.Errorf("%+v", report)
			}
			if d.provider.Alive(tokens.RefreshToken) {
				t.Error("the token in memory still lives")
			}
		},
		"signed out elsewhere": func(d *desk, _ *auth.Client, tokens *auth.Tokens) {
			if err := d.accounts().Remove(t.Context(), tokens.Account.ID); err != nil {
				t.Error(err)
			}
		},
		"forgotten elsewhere": func(d *desk, _ *auth.Client, _ *auth.Tokens) {
			if _, err := d.accounts().Forget(t.Context()); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			d, c, tokens := unsavedDesk(t, vault.Full)
			d.keyStore.Heal()
			end(d, c, tokens)
			if err := c.SaveAgain(t.Context()); err != nil {
				t.Error(err)
			}
			c.Close()
			if _, err := c.Refresh(t.Context(), tokens.Account.ID); !errors.Is(err, auth.ErrNoSignIn) {
				t.Errorf("renewed from memory: %v", err)
			}
			if left := d.keyStore.Entries("test"); len(left) != 0 || tokens.Remembered() {
				t.Errorf("it came back: %d entries", len(left))
			}
		})
	}
}

func TestUnsavedSignInGivesWayToANewerOne(t *testing.T) {
	d, c, tokens := unsavedDesk(t, vault.Full)
	d.keyStore.Heal()
	newer := d.mustSignIn()
	if err := c.SaveAgain(t.Context()); err != nil || tokens.Remembered() {
		t.Errorf("%v, remembered %v", err, tokens.Remembered())
	}
	if _, err := d.client().Refresh(t.Context(), newer.Account.ID); err != nil {
		t.Errorf("the newer one: %v", err)
	}
}

// A program that is killed with a token that it could not save leaves a true word: it
// was nobody's decision.
func TestSignInThatWasLostHereIsNotSaidToHaveBeenEnded(t *testing.T) {
	d, _, tokens := unsavedDesk(t, vault.Full)
	d.keyStore.Heal()
	_, err := d.client().Refresh(t.Context(), tokens.Account.ID)
	var lost *auth.LostError
	if !errors.Is(err, auth.ErrNoSignIn) || !errors.As(err, &lost) || auth.ReasonOf(err) != auth.ReasonNotSaved {
		t.Errorf("err = %v", err)
	}
	if known := d.remembered(); len(known) != 1 || known[0].Remembered || !known[0].Lost {
		t.Errorf("known = %+v", known)
	}
	// After the next sign-in it is as if nothing had been.
	again := d.mustSignIn()
	if known := d.remembered(); len(known) != 1 || known[0].Lost || !known[0].Remembered {
		t.Errorf("known = %+v", known)
	}
	d.provider.Revoke()
	if _, err := d.client().Refresh(t.Context(), again.Account.ID); errors.As(err, &lost) || !errors.Is(err, auth.ErrNoSignIn) {
		t.Errorf("a sign-in that was ended: %v", err)
	}
}

// An answer that nobody can use may hold the only copy of a rotated token.
func TestTokenOfAnUnusableAnswerIsSavedLater(t *testing.T) {
	d := newDesk(t)
	account := d.mustSignIn().Account
	c := d.client()
	lift := d.provider.Fault(authtest.Expired(3600e9))
	d.provider.OnToken(func() { d.keyStore.TakeNothing(vault.Full) })
	if _, err := c.Refresh(t.Context(), account.ID); err == nil {
		t.Fatal("it was accepted")
	}
	lift()
	d.provider.OnToken(nil)
	d.keyStore.Heal()
	if tokens, err := c.Refresh(t.Context(), account.ID); err != nil || !tokens.Remembered() {
		t.Errorf("afterwards: %v", err)
	}
}

// The mark beside the locks holds no secret, and no more than the account's name.
func TestMarkOfAnUnsavedSignInIsEmpty(t *testing.T) {
	d, _, tokens := unsavedDesk(t, vault.Full)
	info, err := os.Stat(filepath.Join(d.dir, tokens.Account.ID+".unsaved"))
	if err != nil || info.Size() != 0 || strings.Contains(info.Name(), tokens.RefreshToken) {
		t.Errorf("%v, %+v", err, info)
	}
}
