package session

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// lateStore, once armed, keeps back the next account's record after it has been
// read, or before it is deleted, and tells of it.
type lateStore struct {
	auth.Store
	reading, deleting atomic.Bool
	reached, release  chan struct{}
}

func newLateStore(d *desk) *lateStore {
	late := &lateStore{reached: make(chan struct{}), release: make(chan struct{})}
	d.change = func(p *Params) { late.Store, p.Store = p.Store, late }
	return late
}

func (s *lateStore) Get(ctx context.Context, name string) ([]byte, error) {
	value, err := s.Store.Get(ctx, name)
	s.hold(&s.reading, name)
	return value, err
}

func (s *lateStore) Delete(ctx context.Context, name string) error {
	s.hold(&s.deleting, name)
	return s.Store.Delete(ctx, name)
}

func (s *lateStore) hold(armed *atomic.Bool, name string) {
	if strings.HasPrefix(name, "account.") && armed.CompareAndSwap(true, false) {
		close(s.reached)
		<-s.release
	}
}

// rememberedBy is a session of nobody's, whose key store holds two people, and the
// id of the one who was signed in last.
func rememberedBy(d *desk) (r *running, last string) {
	d.t.Helper()
	first := d.start()
	first.signIn()
	d.provider.SetPerson(grace())
	last = first.signInAs(localapi.SignInRequest{Another: true}).Account.ID
	first.stop()
	d.described = []auth.Provider{} // the start finds nobody whom a provider vouches for
	r = d.start()
	if err := r.SetProviders([]auth.Provider{d.work()}); err != nil {
		d.t.Fatal(err)
	}
	return r, last
}

// waysOut are those in which somebody who is not the session's is signed out.
func waysOut() map[string]func(r *running, id string) error {
	return map[string]func(r *running, id string) error{
		"Forget": func(r *running, _ string) error {
			_, problems := r.Forget(r.d.t.Context())
			if len(problems) > 0 {
				return &problems[0]
			}
			return nil
		},
		"SignOut": func(r *running, id string) error {
			_, err := r.SignOut(r.d.t.Context(), localapi.SignOutRequest{Account: id})
			return err
		},
	}
}

// What a silent start has read of the key store counts no more when somebody has
// been signed out meanwhile. It goes on with whoever is left.
func TestSilentStartDoesNotBringBackWhoWasSignedOut(t *testing.T) {
	left := map[string]string{"Forget": "", "SignOut": authtest.Ada().Name}
	for name, signOut := range waysOut() {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			store := newLateStore(d)
			r, last := rememberedBy(d)
			store.reading.Store(true)
			resumed := make(chan struct{})
			go func() {
				r.Resume(t.Context(), false)
				close(resumed)
			}()
			<-store.reached
			err := signOut(r, last)
			close(store.release)
			<-resumed
			if err != nil {
				t.Fatal(err)
			}
			now, _ := r.Snapshot()
			switch left := left[name]; {
			case left == "" && (now.Phase != localapi.SignedOut || now.Account != nil):
				t.Errorf("session = %+v, want nobody", now)
			case left != "" && (now.Phase != localapi.SignedIn || now.Account.Name != left):
				t.Errorf("session = %+v, want %s", now, left)
			}
			for _, a := range r.Listed() {
				if a.ID == last {
					t.Errorf("%s is listed still", a.Name)
				}
			}
		})
	}
}

// Whoever a silent start makes the session's while they are being signed out is
// signed out all the same.
func TestSilentStartDuringASignOut(t *testing.T) {
	for name, signOut := range waysOut() {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			store := newLateStore(d)
			r, last := rememberedBy(d)
			store.deleting.Store(true)
			signedOut := make(chan error, 1)
			go func() { signedOut <- signOut(r, last) }()
			<-store.reached
			resumed := make(chan struct{})
			go func() {
				r.Resume(t.Context(), false)
				close(resumed)
			}()
			r.await(func(s localapi.Session) bool { return s.Account != nil && s.Account.ID == last })
			close(store.release)
			if err := <-signedOut; err != nil {
				t.Error(err)
			}
			<-resumed
			if now, _ := r.Snapshot(); now.Phase != localapi.SignedOut || now.Account != nil {
				t.Errorf("session = %+v, want nobody", now)
			}
		})
	}
}
