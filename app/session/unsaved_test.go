package session

import (
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// remembered is a desk on which somebody has signed in before.
func remembered(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t)
	first := d.start()
	first.signIn()
	first.stop()
	d.provider.Forget()
	return d
}

func (d *desk) renewals() int { return len(d.provider.Requests(authtest.Token)) }

// A key store that can be read and not written costs nothing: the sign-in is kept as it
// is, and goes on when somebody looks.
func TestKeyStoreThatTakesNothingCostsNoSignIn(t *testing.T) {
	for _, test := range []struct {
		kind     vault.Kind
		code     localapi.Code
		byItself bool
	}{
		{vault.Full, localapi.KeyStoreFull, true},
		{vault.Failing, localapi.KeyStoreFailing, true},
		{vault.Locked, localapi.KeyStoreLocked, false},
		{vault.Silent, localapi.KeyStoreSilent, false},
	} {
		t.Run(string(test.code), func(t *testing.T) {
			d := remembered(t)
			d.keyStore.TakeNothing(test.kind)
			r := d.start()
			now := r.await(phase(localapi.Blocked))
			if now.Problem.Code != test.code || now.Problem.Params["unspent"] == "" || now.Account == nil || !now.Account.Remembered {
				t.Errorf("session = %+v, problem %+v", now, now.Problem)
			}
			if now.NextTry.IsZero() == test.byItself {
				t.Errorf("next try at %v", now.NextTry)
			}
			if n := d.renewals(); n != 0 {
				t.Errorf("%d token requests", n)
			}
			d.keyStore.Heal()
			r.TryStore()
			if now := r.await(phase(localapi.SignedIn)); !now.Account.Remembered {
				t.Errorf("when somebody looks: %+v", now)
			}
			if n := d.renewals(); n != 1 {
				t.Errorf("%d token requests, want one", n)
			}
			r.stop()
			d.start().await(phase(localapi.SignedIn))
		})
	}
}

// unsaved is a session whose renewal the key store has not taken.
func unsaved(t *testing.T, kind vault.Kind) (*desk, *running) {
	t.Helper()
	d := remembered(t)
	d.provider.OnToken(func() { d.keyStore.TakeNothing(kind) })
	r := d.start()
	now := r.await(phase(localapi.SignedIn))
	d.provider.OnToken(nil)
	_, notices := r.Snapshot()
	if now.Account.Remembered || len(notices) != 1 || notices[0].Params["unsaved"] == "" {
		t.Fatalf("%+v, notices %+v", now.Account, notices)
	}
	return d, r
}

func TestRenewalThatCouldNotBeSavedIsSavedWhenSomebodyLooks(t *testing.T) {
	for _, kind := range []vault.Kind{vault.Full, vault.Locked} {
		t.Run(kind.String(), func(t *testing.T) {
			d, r := unsaved(t, kind)
			r.TryStore() // in vain
			d.keyStore.Heal()
			r.TryStore()
			r.await(func(s localapi.Session) bool { return s.Account.Remembered })
			if _, notices := r.Snapshot(); len(notices) != 0 {
				t.Errorf("notices = %+v", notices)
			}
			if n := d.renewals(); n != 1 {
				t.Errorf("%d token requests, want one", n)
			}
			r.stop()
			d.start().await(phase(localapi.SignedIn))
		})
	}
}

func TestRenewalThatCouldNotBeSavedIsSavedAtTheEnd(t *testing.T) {
	d, r := unsaved(t, vault.Full)
	d.keyStore.Heal()
	r.stop()
	if n := d.renewals(); n != 1 {
		t.Errorf("%d token requests, want one", n)
	}
	d.start().await(phase(localapi.SignedIn))
}

func TestUnsavedSignInThatIsSignedOutStaysSo(t *testing.T) {
	d, r := unsaved(t, vault.Full)
	d.keyStore.Heal()
	if _, err := r.SignOut(t.Context(), localapi.SignOutRequest{}); err != nil {
		t.Fatal(err)
	}
	r.TryStore()
	r.stop()
	if left := d.keyStore.Entries("test"); len(left) != 0 {
		t.Errorf("%d entries came back", len(left))
	}
}

// Nobody has ended it, at the start that finds out and at every one after it.
func TestSignInThatWasLostHereIsSaidSo(t *testing.T) {
	d, r := unsaved(t, vault.Full)
	r.stop() // in vain, as if it was killed
	d.keyStore.Heal()
	for range 2 {
		r := d.start()
		if now := r.await(phase(localapi.NeedsSignIn)); now.Problem.Code != localapi.SignInNotSaved || now.Account == nil {
			t.Errorf("problem = %+v", now.Problem)
		}
		r.stop()
	}
	d.start().signIn()
	d.provider.Revoke()
	if now := d.start().await(phase(localapi.NeedsSignIn)); now.Problem.Code != localapi.SignInExpired {
		t.Errorf("after the next sign-in: %+v", now.Problem)
	}
}

// Whoever is signed in stays so, and is asked to unlock the key store when they look.
func TestLockedKeyStoreWaitsForSomebodyToLook(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	d.keyStore.Fail(vault.Locked)
	_ = r.Refresh(t.Context())
	r.state.mu.Lock()
	due := r.state.when.Due()
	r.state.mu.Unlock()
	if now, notices := r.Snapshot(); now.Phase != localapi.SignedIn || len(notices) != 1 || !due.IsZero() {
		t.Errorf("%s, notices %+v, due %v", now.Phase, notices, due)
	}
	d.keyStore.Heal()
	r.TryStore()
	r.await(func(localapi.Session) bool { _, notices := r.Snapshot(); return len(notices) == 0 })
}
