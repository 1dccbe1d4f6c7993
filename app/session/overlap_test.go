package session

import (
	"context"
	"sync"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// A renewal of what was remembered may still be under way when the same person
// signs in without being remembered. It ends after the sign-in and must not take
// its place: what it renewed is removed from the key store.
func TestMemoryOnlySignInOutlastsARenewalThatWasUnderWay(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	d.provider.OnToken(func() {
		d.provider.OnToken(nil)
		in, err := r.SignIn(t.Context(), localapi.SignInRequest{MemoryOnly: true})
		if err != nil {
			t.Error(err)
			return
		}
		if _, err := d.provider.Browse(t.Context(), in.URL); err != nil {
			t.Error(err)
			return
		}
		r.await(func(s localapi.Session) bool { return s.Phase == localapi.SignedIn && !s.Account.Remembered })
	})
	_ = r.Refresh(t.Context())
	r.await(func(localapi.Session) bool { return len(d.keyStore.Entries("test")) == 0 })
	if err := r.Refresh(t.Context()); err != nil {
		t.Errorf("the sign-in that was to last until Portico ends: %v", err)
	}
	if now, _ := r.Snapshot(); now.Phase != localapi.SignedIn || now.Account.Remembered {
		t.Errorf("session = %+v, problem %+v", now, now.Problem)
	}
	if left := d.keyStore.Entries("test"); len(left) != 0 {
		t.Errorf("the key store holds %d entries of somebody who is not to be remembered", len(left))
	}
}

// slowStore tells of the first value that is put into it, and keeps it waiting.
type slowStore struct {
	auth.Store
	first   sync.Once
	putting chan struct{}
	release chan struct{}
}

func (s *slowStore) Put(ctx context.Context, name string, value []byte) error {
	s.first.Do(func() {
		close(s.putting)
		<-s.release
	})
	return s.Store.Put(ctx, name, value)
}

// A sign-in that is being saved when everything is forgotten cannot be stopped any
// more. It is forgotten as well.
func TestSignInThatIsBeingSavedIsForgottenToo(t *testing.T) {
	d := newDesk(t)
	store := &slowStore{putting: make(chan struct{}), release: make(chan struct{})}
	d.change = func(p *Params) { store.Store, p.Store = p.Store, store }
	r := d.start()
	in, err := r.SignIn(t.Context(), localapi.SignInRequest{})
	if err != nil {
		t.Fatal(err)
	}
	r.state.mu.Lock()
	cancel := r.state.attempts.active.cancel
	r.state.attempts.active.cancel = func() { cancel(); close(store.release) } // too late
	r.state.mu.Unlock()
	browsed := make(chan error, 1)
	go func() {
		_, err := d.provider.Browse(t.Context(), in.URL)
		browsed <- err
	}()
	<-store.putting
	if _, problems := r.Forget(t.Context()); len(problems) > 0 {
		t.Errorf("problems %+v", problems)
	}
	if err := <-browsed; err != nil {
		t.Error(err)
	}
	if now, _ := r.Snapshot(); now.Phase != localapi.SignedOut || now.Account != nil {
		t.Errorf("after everything was forgotten: %+v", now)
	}
	if left := d.keyStore.Entries("test"); len(left) != 0 {
		t.Errorf("the key store holds %d entries", len(left))
	}
}

// Somebody who has chosen an account whose provider does not answer may change
// their mind.
func TestSignInDoesNotWaitForTheRenewalOfAChosenAccount(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	d.provider.SetPerson(grace())
	r.signInAs(localapi.SignInRequest{Another: true})
	_, ids := r.accounts()
	lift := d.provider.Fault(authtest.Hang(authtest.Token).ForGrant("refresh_token"))
	chosen := make(chan error, 1)
	before := len(d.provider.Requests(authtest.Token))
	go func() { chosen <- r.UseAccount(context.WithoutCancel(t.Context()), ids[authtest.Ada().Name]) }()
	if err := d.provider.Await(t.Context(), before+1, authtest.Token); err != nil {
		t.Fatal(err)
	}
	began := make(chan error, 1)
	go func() {
		_, err := r.SignIn(t.Context(), localapi.SignInRequest{})
		began <- err
	}()
	select {
	case err := <-began:
		if err != nil {
			t.Error(err)
		}
		lift()
		<-chosen
	case <-chosen:
		lift()
		t.Error("the sign-in waits for the renewal")
		<-began
	}
}

// What a portal changes about its provider counts at once for whoever is signed
// in: the wrong rules shut out, and the right ones let in again.
func TestChangedProviderCountsAtOnce(t *testing.T) {
	d := newDesk(t)
	r := d.start()
	r.signIn()
	wrong := d.work()
	wrong.ClientID = "somebody-elses"
	if err := r.SetProviders([]auth.Provider{wrong}); err != nil {
		t.Fatal(err)
	}
	r.await(phase(localapi.Blocked))
	if err := r.SetProviders([]auth.Provider{d.work()}); err != nil {
		t.Fatal(err)
	}
	r.await(phase(localapi.SignedIn))
}
