package agent

import (
	"context"
	"sync"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/authtest"
)

func TestPortalForARunIsNotKept(t *testing.T) {
	o := newOffice(t)
	r := o.start()
	r.await(phase(localapi.Unconfigured))
	if err := r.SetPortal(t.Context(), localapi.PortalRequest{Address: o.portal.URL, ForRun: true}); err != nil {
		t.Fatal(err)
	}
	if now := r.await(phase(localapi.SignedOut)); now.PortalAddress != o.portal.URL {
		t.Errorf("the portal is %q", now.PortalAddress)
	}
	if err := r.SetPortal(t.Context(), localapi.PortalRequest{ForRun: true}); err != nil {
		t.Fatal(err)
	}
	if now := r.await(phase(localapi.Unconfigured)); now.PortalAddress != "" || now.Portal != nil {
		t.Errorf("the portal is still %q, %+v", now.PortalAddress, now.Portal)
	}
	if err := r.SetPortal(t.Context(), localapi.PortalRequest{Address: o.portal.URL, ForRun: true}); err != nil {
		t.Fatal(err)
	}
	r.stop()
	o.start().await(phase(localapi.Unconfigured))
}

// The kept portal counts again, with who is signed in there.
func TestPortalForARunGivesWayToTheOneThatIsKept(t *testing.T) {
	o := newOffice(t)
	o.remembered()
	other := newOffice(t)
	r := o.start()
	r.await(phase(localapi.SignedIn))
	if err := r.SetPortal(t.Context(), localapi.PortalRequest{Address: other.portal.URL, ForRun: true}); err != nil {
		t.Fatal(err)
	}
	r.await(func(s localapi.State) bool {
		return s.PortalAddress == other.portal.URL && s.Session.Phase == localapi.SignedOut
	})
	if err := r.SetPortal(t.Context(), localapi.PortalRequest{ForRun: true}); err != nil {
		t.Fatal(err)
	}
	r.await(func(s localapi.State) bool {
		return s.PortalAddress == o.portal.URL && s.Session.Phase == localapi.SignedIn
	})
}

// Whoever is signed in notices nothing where the portal in use is kept for good.
func TestPortalOfTheRunIsKeptWithoutSigningInAnew(t *testing.T) {
	o := newOffice(t)
	r := o.start()
	r.await(phase(localapi.Unconfigured))
	if err := r.SetPortal(t.Context(), localapi.PortalRequest{Address: o.portal.URL, ForRun: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.SignIn(t.Context(), localapi.SignInRequest{Open: true}); err != nil {
		t.Fatal(err)
	}
	r.await(phase(localapi.SignedIn))
	before := len(o.provider.Requests(authtest.Token))
	if err := r.SetPortal(t.Context(), localapi.PortalRequest{Address: o.portal.URL}); err != nil {
		t.Fatal(err)
	}
	if now, err := r.State(t.Context()); err != nil || now.Session.Phase != localapi.SignedIn {
		t.Errorf("session %+v, %v", now.Session, err)
	}
	r.stop()
	if n := len(o.provider.Requests(authtest.Token)) - before; n != 0 {
		t.Errorf("%d token requests to keep a portal", n)
	}
	o.start().await(phase(localapi.SignedIn))
}

// What IT says may be read anew at any moment, and does not lead back to the portal before.
func TestPortalForARunStaysWhilePoliciesAreReadAnew(t *testing.T) {
	o, other := newOffice(t), newOffice(t)
	r := o.start()
	r.await(phase(localapi.Unconfigured))
	ctx, cancel := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for ctx.Err() == nil {
				r.decisions.Reconsider()
			}
		})
	}
	for range 25 {
		for _, address := range []string{o.portal.URL, other.portal.URL} {
			if err := r.SetPortal(t.Context(), localapi.PortalRequest{Address: address, ForRun: true}); err != nil {
				t.Fatal(err)
			}
			if now, err := r.State(t.Context()); err != nil || now.PortalAddress != address {
				t.Errorf("the portal is %q instead of %q, %v", now.PortalAddress, address, err)
			}
		}
	}
	cancel()
	readers.Wait()
}
