package session

import (
	"sync/atomic"
	"testing"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth/authtest"
)

// Whoever waits until nobody is in the middle of anything looks again when something has
// changed, and would find a sign-out or renewal still on its way, with no other word.
func TestNewsComeWhenWhatHasChangedIsOver(t *testing.T) {
	d := newDesk(t)
	var last atomic.Bool
	d.watch = func(localapi.Session) { last.Store(d.latest.Load().AtRest()) }
	r := d.start()
	r.signIn()
	wants := func(what string, err error) {
		t.Helper()
		if !last.Load() || err != nil {
			t.Errorf("the last news of %s came before its end, or %v", what, err)
		}
	}
	wants("a renewal", r.Refresh(t.Context()))
	heal := d.provider.Fault(authtest.Drop(authtest.Token))
	if err := r.Refresh(t.Context()); err == nil {
		t.Error("a renewal without an answer has worked")
	}
	heal()
	wants("a renewal that came to nothing", nil)
	wants("a renewal", r.Refresh(t.Context()))
	_, err := r.SignOut(t.Context(), localapi.SignOutRequest{})
	wants("a sign-out", err)
}
