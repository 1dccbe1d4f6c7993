package auth

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// holding is a client that holds a sign-in which its key store has not taken.
func holding(t *testing.T, kind vault.Kind) (*Client, *authtest.KeyStore) {
	t.Helper()
	keys := authtest.NewKeyStore()
	c, err := New(Params{
		Provider: Provider{ID: "work", Authority: "https://login.example", ClientID: "portico"},
		Accounts: NewAccounts(vault.New(vault.Params{Service: "test", Backend: keys}), t.TempDir()),
	})
	if err != nil {
		t.Fatal(err)
	}
	keys.Fail(kind)
	c.hold(remembered{Account: Account{ID: "ada"}, RefreshToken: "token"}, &vault.Error{Kind: kind})
	return c, keys
}

func TestSavingIsTriedAgainLessAndLessOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, keys := holding(t, vault.Failing)
		start := time.Now()
		var tries []time.Duration
		for calls := keys.Calls(); len(tries) < 9; {
			time.Sleep(time.Second)
			synctest.Wait()
			if now := keys.Calls(); now != calls {
				calls, tries = now, append(tries, time.Since(start))
			}
		}
		for n, want := range []time.Duration{30, 90, 210, 450, 930, 1890, 3810, 7410, 11010} {
			if tries[n] != want*time.Second {
				t.Errorf("try %d after %v, want %v s", n+1, tries[n], int(want))
			}
		}
		keys.Heal()
		time.Sleep(lastSave)
		synctest.Wait()
		if got, err := read(t.Context(), c.store, "ada"); err != nil || got.RefreshToken != "token" {
			t.Errorf("it was not saved: %v", err)
		}
		calls := keys.Calls()
		time.Sleep(10 * lastSave)
		synctest.Wait()
		if keys.Calls() != calls {
			t.Error("it goes on when everything is saved")
		}
		c.Close()
	})
}

// A locked store would show its dialog each time.
func TestDialogIsNotOpenedAgainUntilSomebodyLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, keys := holding(t, vault.Locked)
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if n := keys.Calls(); n != 0 {
			t.Errorf("%d calls of a locked store while nobody looked", n)
		}
		if err := c.SaveAgain(t.Context()); vault.KindOf(err) != vault.Locked || keys.Calls() == 0 {
			t.Errorf("when somebody looks: %v, %d calls", err, keys.Calls())
		}
		calls := keys.Calls()
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if n := keys.Calls() - calls; n != 0 {
			t.Errorf("%d calls afterwards", n)
		}
		keys.Heal()
		c.Close()
		if got, err := read(t.Context(), c.store, "ada"); err != nil || got.RefreshToken != "token" {
			t.Errorf("it was not saved at the end: %v", err)
		}
	})
}

// A store that did not answer may show a dialog, or may have taken the value late: it
// is looked into, and not written to.
func TestSilentStoreIsLookedIntoUntilSomebodyLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, keys := holding(t, vault.Silent)
		keys.Heal()
		time.Sleep(time.Hour)
		synctest.Wait()
		if keys.Changes() != 0 || keys.Calls() == 0 {
			t.Errorf("%d changes, %d calls", keys.Changes(), keys.Calls())
		}
		if err := c.write(t.Context(), remembered{Account: Account{ID: "ada"}, RefreshToken: "token"}); err != nil {
			t.Fatal(err)
		}
		c.Close()
	})
}

func TestNothingIsHeldAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, keys := holding(t, vault.Failing)
		c.Close()
		calls := keys.Calls()
		if calls == 0 {
			t.Error("it was not tried at the end")
		}
		c.hold(remembered{Account: Account{ID: "grace"}, RefreshToken: "token"}, &vault.Error{Kind: vault.Failing})
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if keys.Calls() != calls {
			t.Error("it goes on after the end")
		}
	})
}
