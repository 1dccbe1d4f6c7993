package session

import (
	"net/http"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/authtest"
)

// A provider that wants to see the person may think better of it, or be mended, and
// some say of a dead sign-in something else than that it is dead: what is kept stays,
// and is tried again about once a day and at every start.
func TestASignInThatNeedsThePersonIsTriedAgainRarely(t *testing.T) {
	for name, refusal := range map[string]authtest.Fault{
		"interaction_required":                     authtest.TokenError("interaction_required", nil),
		"invalid_request, as LemonLDAP::NG has it": authtest.TokenError("invalid_request", nil),
		"nothing but a status, as glewlwyd has it": authtest.TokenStatus(http.StatusBadRequest),
	} {
		for when, atStart := range map[string]bool{"while it runs": false, "at the start": true} {
			t.Run(name+", "+when, func(t *testing.T) {
				d := newDesk(t)
				r := d.start()
				r.signIn()
				lift := d.provider.Fault(refusal.ForGrant("refresh_token"))
				if atStart {
					r.stop()
					r = d.start()
				} else {
					_ = r.Refresh(t.Context())
				}
				now := r.await(phase(localapi.NeedsSignIn))
				if now.Account == nil || !now.Account.Remembered || now.Problem.Code != localapi.SignInAgain || now.Problem.Exit() != localapi.ExitSignInNeeded {
					t.Errorf("account %+v, problem %+v", now.Account, now.Problem)
				}
				if in := time.Until(r.state.nextDue()); in < 17*time.Hour || in > 31*time.Hour {
					t.Errorf("tries again in %v", in)
				}
				d.provider.Forget()
				r.NetworkChanged() // which mends no such thing
				if in := time.Until(r.state.nextDue()); in < 17*time.Hour || len(d.provider.Requests()) != 0 {
					t.Errorf("after a network change it tries in %v, with %d requests already", in, len(d.provider.Requests()))
				}

				lift()
				r.state.mu.Lock()
				r.state.when.At(time.Now().Round(0)) // a day later
				r.state.mu.Unlock()
				r.state.when.poke()
				r.await(phase(localapi.SignedIn))
			})
		}
	}
}

// The way to sign in stays in sight when the rare try finds no network.
func TestWhoNeedsToSignInIsNotOffline(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	lift := d.provider.Fault(authtest.TokenError("interaction_required", nil).ForGrant("refresh_token"))
	_ = r.Refresh(t.Context())
	r.await(phase(localapi.NeedsSignIn))
	lift()
	heal := d.provider.Fault(authtest.Drop(authtest.Token))
	_ = r.Refresh(t.Context())
	now, _ := r.Snapshot()
	if now.Phase != localapi.NeedsSignIn || now.Problem.Code != localapi.SignInAgain || now.Account == nil {
		t.Errorf("%s, problem %+v", now.Phase, now.Problem)
	}
	if in := time.Until(r.state.nextDue()); in < 17*time.Hour {
		t.Errorf("tries again in %v", in)
	}
	heal()
	if now := r.signInAs(localapi.SignInRequest{}); !now.Account.Remembered {
		t.Error("the new sign-in is not kept")
	}
}

// Once the sign-in has ended there is nothing to try.
func TestAnEndedSignInIsNotTriedAgain(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	d.provider.Revoke()
	_ = r.Refresh(t.Context())
	r.await(phase(localapi.NeedsSignIn))
	if due := r.state.nextDue(); !due.IsZero() {
		t.Errorf("tries again in %v", time.Until(due))
	}
}
