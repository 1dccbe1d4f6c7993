package session

import (
	"context"
	"errors"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// The portal, and with it the providers, may become known only after the start.
func TestProvidersThatComeLateFindTheRememberedPerson(t *testing.T) {
	d := newDesk(t)
	first := d.start()
	first.signIn()
	first.stop()
	r := d.start()
	providers := r.state.providers.described
	if err := r.SetProviders(nil); err != nil {
		t.Fatal(err)
	}
	r.await(phase(localapi.SignedOut))
	if err := r.SetProviders(providers); err != nil {
		t.Fatal(err)
	}
	r.Resume(t.Context(), false)
	r.await(phase(localapi.SignedIn))
}

func TestSignInEndsWhenItsProviderGoes(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	if _, err := r.SignIn(t.Context(), localapi.SignInRequest{}); err != nil {
		t.Fatal(err)
	}
	if err := r.SetProviders(nil); err != nil {
		t.Fatal(err)
	}
	if now, _ := r.Snapshot(); now.Phase != localapi.SignedOut || now.SignIn != nil || now.Account != nil {
		t.Errorf("session = %+v", now)
	}
}

func TestAccountWhoseProviderGoesIsLetGoOfDuringASignIn(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	other := r.state.providers.described[0]
	other.ID = "other"
	if err := r.SetProviders(append(r.state.providers.described, other)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.SignIn(t.Context(), localapi.SignInRequest{Provider: "other"}); err != nil {
		t.Fatal(err)
	}
	if err := r.SetProviders([]auth.Provider{other}); err != nil {
		t.Fatal(err)
	}
	if now, _ := r.Snapshot(); now.Phase != localapi.SigningIn || now.Account != nil {
		t.Errorf("session = %+v, want the sign-in to go on", now)
	}
	r.CancelSignIn()
	if now, _ := r.Snapshot(); now.Phase != localapi.SignedOut {
		t.Errorf("session = %+v, want nobody signed in", now)
	}
}

// A renewal that was under way when the person began to sign in again may hold
// the only copy of the rotated token.
func TestRenewalThatEndsDuringASignInIsNotLost(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	d.provider.OnToken(func() {
		d.keyStore.Fail(vault.Full)
		if _, err := r.SignIn(t.Context(), localapi.SignInRequest{}); err != nil {
			t.Error(err)
		}
	})
	_ = r.Refresh(t.Context())
	d.provider.OnToken(nil)
	d.keyStore.Heal()
	r.CancelSignIn()
	if err := r.Refresh(t.Context()); err != nil {
		t.Error(err)
	}
	if now, _ := r.Snapshot(); now.Phase != localapi.SignedIn || !now.Account.Remembered {
		t.Errorf("session = %+v", now)
	}
}

// A window that closes while the session is looked for must not leave it half-way.
func TestCallersWhoLeaveDoNotStopARenewal(t *testing.T) {
	d := newDesk(t)
	first := d.start()
	first.signIn()
	first.stop()
	d.keyStore.Fail(vault.Locked)
	r := d.start()
	r.await(phase(localapi.Blocked))
	d.keyStore.Heal()
	left, leave := context.WithCancel(t.Context())
	leave()
	_ = r.Refresh(left)
	r.await(phase(localapi.SignedIn))
}

func TestNothingStartsAfterTheEnd(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	r.stop()
	if _, err := r.SignIn(t.Context(), localapi.SignInRequest{}); err == nil {
		t.Error("a sign-in was started")
	}
	if err := r.Refresh(t.Context()); !errors.Is(err, context.Canceled) {
		t.Errorf("refresh: %v", err)
	}
}

func TestBlockedPersonWhoCancelsCanStillBeRenewed(t *testing.T) {
	d := newDesk(t, authtest.WithoutRotation())
	r := d.start()
	r.signIn()
	lift := d.provider.Fault(authtest.TokenError("unauthorized_client", nil))
	_ = r.Refresh(t.Context())
	r.await(phase(localapi.Blocked))
	if _, err := r.SignIn(t.Context(), localapi.SignInRequest{}); err != nil {
		t.Fatal(err)
	}
	r.CancelSignIn()
	lift()
	_ = r.Refresh(t.Context())
	r.await(phase(localapi.SignedIn))
}

func TestFailedAttemptIsToldToWhoeverIsSignedIn(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	d.provider.Behave(authtest.Denies)
	in, err := r.SignIn(t.Context(), localapi.SignInRequest{Account: "grace@contoso.example"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.provider.Browse(t.Context(), in.URL); err != nil {
		t.Fatal(err)
	}
	now := r.await(func(s localapi.Session) bool { return s.Phase == localapi.SignedIn && s.Problem != nil })
	if now.Problem.Code != localapi.Declined || now.Account.Name != authtest.Ada().Name {
		t.Errorf("session = %+v", now)
	}
}

func TestSignOutThatCouldNotDeleteSaysSo(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	d.keyStore.Fail(vault.Locked)
	report, err := r.SignOut(t.Context(), localapi.SignOutRequest{})
	if err != nil || report.Local != localapi.StepFailed || report.LocalProblem.Code != localapi.SignOutIncomplete {
		t.Errorf("report = %+v, %v", report, err)
	}
	now, _ := r.Snapshot()
	if now.Phase != localapi.SignedOut || now.Problem == nil || now.Problem.Code != localapi.SignOutIncomplete {
		t.Errorf("session = %+v", now)
	}
}
