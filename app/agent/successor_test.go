package agent

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/app/policy"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// upgraded is a stand-in for the file of a program that an upgrade replaces.
type upgraded struct {
	changes chan struct{}
	broken  atomic.Bool
	asked   chan struct{}
}

func (u *upgraded) Changes(ctx context.Context) <-chan struct{} {
	context.AfterFunc(ctx, func() { close(u.changes) })
	return u.changes
}
func (u *upgraded) Replaced() bool { return true }
func (u *upgraded) Successor(context.Context) (string, error) {
	// The file is looked at before the test hears of it, and may mend it.
	broken := u.broken.Load()
	u.asked <- struct{}{}
	if broken {
		return "", errors.New("exec format error")
	}
	return "9.9.9", nil
}

// upgrading has the agent's program replaced whenever the test says so.
func (o *office) upgrading() *upgraded {
	u := &upgraded{changes: make(chan struct{}, 1), asked: make(chan struct{}, 100)}
	o.change = func(p *Params) { p.Program = u }
	return u
}

func (r *running) ended(t *testing.T) {
	t.Helper()
	limit := time.NewTimer(20 * time.Second)
	defer limit.Stop()
	select {
	case <-r.life.ctx.Done():
	case <-limit.C:
		t.Fatal("the agent goes on")
	}
	if !r.life.hasSuccessor() {
		t.Error("it ended for another reason")
	}
}

func TestAgentGivesWayToItsSuccessorAndWindowsStay(t *testing.T) {
	o := newOffice(t)
	u := o.upgrading()
	a := o.start()
	a.await(phase(localapi.Unconfigured))
	var events []localapi.EventType
	var end error
	watching := make(chan struct{})
	begun := make(chan struct{}, 100)
	go func() {
		defer close(watching)
		for e, err := range a.Watch(t.Context()) {
			if err != nil {
				end = err
				return
			}
			events = append(events, e.Type)
			begun <- struct{}{}
		}
	}()
	<-begun
	u.changes <- struct{}{}
	a.ended(t)
	<-watching
	for _, e := range events {
		if e == localapi.EventQuit {
			t.Error("windows were told to close")
		}
	}
	if problemCode(end) != localapi.AgentGone {
		t.Errorf("the watch ended with %v", end)
	}
}

// A broken file is not started, and the next one is.
func TestBrokenSuccessorIsNotGivenWayTo(t *testing.T) {
	o := newOffice(t)
	u := o.upgrading()
	u.broken.Store(true)
	a := o.start()
	a.await(phase(localapi.Unconfigured))
	u.changes <- struct{}{}
	<-u.asked
	if a.life.ctx.Err() != nil {
		t.Fatal("the agent ended for a file that cannot be started")
	}
	u.broken.Store(false)
	u.changes <- struct{}{}
	a.ended(t)
}

// What a start anew would lose, or cut short.
func TestNobodyIsInTheMiddleOfAnything(t *testing.T) {
	configured := func(t *testing.T, o *office) *running {
		a := o.start()
		a.await(phase(localapi.Unconfigured))
		if err := a.SetPortal(t.Context(), localapi.PortalRequest{Address: o.portal.URL}); err != nil {
			t.Fatal(err)
		}
		a.await(phase(localapi.SignedOut))
		return a
	}
	wants := func(t *testing.T, a *running, want bool, when string) {
		t.Helper()
		if got := a.nobody(); got != want {
			s, _ := a.State(t.Context())
			t.Errorf("%s: nobody is %v; %+v", when, got, s.Session)
		}
	}
	for name, test := range map[string]func(t *testing.T, o *office){
		"a remembered sign-in is kept": func(t *testing.T, o *office) {
			a := configured(t, o)
			wants(t, a, true, "signed out")
			a.signedIn(localapi.SignInRequest{})
			wants(t, a, true, "signed in")
		},
		"somebody signs in": func(t *testing.T, o *office) {
			a := configured(t, o)
			if _, err := a.SignIn(t.Context(), localapi.SignInRequest{}); err != nil {
				t.Fatal(err)
			}
			wants(t, a, false, "in the browser")
			if err := a.CancelSignIn(t.Context()); err != nil {
				t.Fatal(err)
			}
			wants(t, a, true, "cancelled")
		},
		"a sign-in that is only in memory": func(t *testing.T, o *office) {
			a := configured(t, o)
			a.signedIn(localapi.SignInRequest{MemoryOnly: true})
			wants(t, a, false, "signed in")
			if _, err := a.SignOut(t.Context(), localapi.SignOutRequest{}); err != nil {
				t.Fatal(err)
			}
			wants(t, a, true, "signed out")
		},
		"a sign-in that could not be saved": func(t *testing.T, o *office) {
			a := configured(t, o)
			o.keyStore.Fail(vault.Full)
			a.signedIn(localapi.SignInRequest{})
			wants(t, a, false, "signed in")
		},
		"nobody is to be remembered any more": func(t *testing.T, o *office) {
			a := configured(t, o)
			a.signedIn(localapi.SignInRequest{})
			o.decided(said{policy.RememberMe: policy.Never})
			a.decisions.Reconsider()
			wants(t, a, false, "signed in")
		},
		"somebody waits for an answer": func(t *testing.T, o *office) {
			a := configured(t, o)
			leave := a.life.enter()
			wants(t, a, false, "a call")
			if a.life.giveWay() {
				t.Error("it gave way all the same")
			}
			leave()
			wants(t, a, true, "answered")
		},
		"the provider wants to be left alone": func(t *testing.T, o *office) {
			a := configured(t, o)
			a.signedIn(localapi.SignInRequest{})
			o.provider.Fault(authtest.RetryAfter(authtest.Token, http.StatusServiceUnavailable, time.Hour))
			if _, err := a.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			a.await(phase(localapi.Offline))
			wants(t, a, false, "offline")
		},
	} {
		t.Run(name, func(t *testing.T) { test(t, newOffice(t)) })
	}
}

// The successor waits, and comes as soon as nobody is in the middle of anything.
func TestSuccessorWaitsForASignInThatIsOnlyInMemory(t *testing.T) {
	o := newOffice(t)
	u := o.upgrading()
	a := o.start()
	a.await(phase(localapi.Unconfigured))
	if err := a.SetPortal(t.Context(), localapi.PortalRequest{Address: o.portal.URL}); err != nil {
		t.Fatal(err)
	}
	a.await(phase(localapi.SignedOut))
	a.signedIn(localapi.SignInRequest{MemoryOnly: true})
	u.changes <- struct{}{}
	<-u.asked
	if s, err := a.State(t.Context()); err != nil || a.life.ctx.Err() != nil || s.Session.Phase != localapi.SignedIn {
		t.Fatalf("%+v, %v", s.Session, err)
	}
	if _, err := a.SignOut(t.Context(), localapi.SignOutRequest{}); err != nil {
		t.Fatal(err)
	}
	a.ended(t)
}
