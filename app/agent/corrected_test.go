package agent

import (
	"net/url"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/authtest"
)

// correct publishes another description of the provider.
func (o *office) correct(change func(provider map[string]any)) {
	provider := o.work()[0].(map[string]any)
	change(provider)
	o.corrected.Store(&[]any{provider})
}

// However fresh the manifest is that an agent has read, a sign-in goes by the one
// that is published now.
func TestASignInGoesByTheManifestOfNow(t *testing.T) {
	o := newOffice(t)
	o.correct(func(p map[string]any) { p["client_id"] = "portico-tset" })
	r := o.start()
	if err := r.SetPortal(t.Context(), localapi.PortalRequest{Address: o.portal.URL}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"portico-tset", authtest.ClientID, "portico-2"} {
		o.correct(func(p map[string]any) { p["client_id"], p["id"] = id, "with-"+id })
		in, err := r.SignIn(t.Context(), localapi.SignInRequest{})
		if err != nil {
			t.Fatal(err)
		}
		request, err := url.Parse(in.URL)
		if err != nil || request.Query().Get("client_id") != id || in.Provider != "with-"+id {
			t.Errorf("asked with %q at %s, %v", in.Provider, in.URL, err)
		}
	}
}

// A portal that does not answer keeps nobody from signing in by the manifest at hand.
func TestASignInDoesNotNeedThePortal(t *testing.T) {
	o := newOffice(t)
	r := o.start()
	if err := r.SetPortal(t.Context(), localapi.PortalRequest{Address: o.portal.URL}); err != nil {
		t.Fatal(err)
	}
	o.portal.Close()
	if _, err := r.SignIn(t.Context(), localapi.SignInRequest{Open: true}); err != nil {
		t.Fatal(err)
	}
	now := r.await(phase(localapi.SignedIn))
	if now.PortalProblem == nil || now.PortalProblem.Code != localapi.PortalUnreachable {
		t.Errorf("portal problem %+v", now.PortalProblem)
	}
}

// Whoever cancels need not wait for a portal either.
func TestASignInThatWaitsForThePortalCanBeCancelled(t *testing.T) {
	o := newOffice(t)
	r := o.start()
	if err := r.SetPortal(t.Context(), localapi.PortalRequest{Address: o.portal.URL}); err != nil {
		t.Fatal(err)
	}
	hangs, ends := make(chan struct{}), make(chan struct{})
	go r.keeper.Alone(func() error { // as a read that hangs
		close(hangs)
		<-ends
		return nil
	})
	defer close(ends)
	<-hangs
	ended := make(chan error, 1)
	began := time.Now()
	go func() {
		_, err := r.SignIn(t.Context(), localapi.SignInRequest{})
		ended <- err
	}()
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for range again.C {
		_ = r.CancelSignIn(t.Context())
		select {
		case err := <-ended:
			if p, ok := err.(*localapi.Problem); !ok || p.Code != localapi.Cancelled || time.Since(began) > 5*time.Second/2 {
				t.Errorf("%v after %v", err, time.Since(began))
			}
			return
		default:
		}
	}
}
