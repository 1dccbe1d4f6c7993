package session

import (
	"context"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// Providers are renewed before one of them is chosen.
func TestASignInGoesByTheNewestDescription(t *testing.T) {
	d := newDesk(t)
	former := d.work()
	former.ID = "former"
	d.described = []auth.Provider{former}
	renewed := 0
	var r *running
	d.change = func(p *Params) {
		p.Renew = func(context.Context) {
			renewed++
			if err := r.SetProviders([]auth.Provider{d.work()}); err != nil {
				t.Error(err)
			}
		}
	}
	r = d.start()
	if now := r.signInAs(localapi.SignInRequest{}); now.Provider != "work" || renewed != 1 {
		t.Errorf("signed in with %q, renewed %d times", now.Provider, renewed)
	}
}

// Nobody is sent to the browser by a description that has changed while the sign-in
// was being prepared.
func TestASignInThatIsPreparedGoesOnByTheNewDescription(t *testing.T) {
	d := newDesk(t)
	wrong := d.work()
	wrong.ClientID = "portico-tset"
	d.described = []auth.Provider{wrong}
	r := d.start()
	r.await(phase(localapi.SignedOut))
	heal := d.provider.Fault(authtest.Hang(authtest.Discovery))
	began := make(chan localapi.SignIn, 1)
	go func() {
		in, err := r.SignIn(t.Context(), localapi.SignInRequest{})
		if err != nil {
			t.Error(err)
		}
		began <- in
	}()
	if err := d.provider.Await(t.Context(), 1, authtest.Discovery); err != nil {
		t.Fatal(err)
	}
	if err := r.SetProviders([]auth.Provider{d.work()}); err != nil {
		t.Fatal(err)
	}
	heal()
	in := promptly(t, "SignIn", began)
	if _, err := d.provider.Browse(t.Context(), in.URL); err != nil {
		t.Fatal(err)
	}
	r.await(phase(localapi.SignedIn))
}

// Whoever is in the browser already is told what has happened, and has not cancelled
// anything.
func TestASignInUnderWayEndsWhenItsProviderIsDescribedOtherwise(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.await(phase(localapi.SignedOut))
	if _, err := r.SignIn(t.Context(), localapi.SignInRequest{}); err != nil {
		t.Fatal(err)
	}
	other := d.work()
	other.Scopes = []string{"openid"}
	if err := r.SetProviders([]auth.Provider{other}); err != nil {
		t.Fatal(err)
	}
	now, _ := r.Snapshot()
	if now.Phase != localapi.SignedOut || now.Problem == nil || now.Problem.Code != localapi.SignInChanged {
		t.Errorf("%+v, problem %+v", now, now.Problem)
	}
	r.signIn()
}
