package session

import (
	"context"
	"errors"
	"net"
	"net/url"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
)

// hanging is a desk whose provider does not answer the first request of a kind
// that a sign-in is prepared with; the person is signed in where signedIn says so.
func hanging(t *testing.T, at authtest.Endpoint, signedIn bool) (d *desk, r *running, before localapi.Session) {
	t.Helper()
	d = newDesk(t, authtest.WithPAR(true))
	d.change = func(p *Params) { p.CacheDir = "" } // the metadata are asked for every time
	d.patience = time.Minute
	r = d.start()
	if signedIn {
		r.signIn()
	}
	before, _ = r.Snapshot()
	t.Cleanup(d.provider.Fault(authtest.Hang(at).Times(1)))
	return d, r, before
}

// prepare begins a sign-in and returns when the provider has been asked.
func (r *running) prepare(ctx context.Context, at authtest.Endpoint) <-chan error {
	r.d.t.Helper()
	asked := len(r.d.provider.Requests(at))
	ended := make(chan error, 1)
	go func() {
		_, err := r.SignIn(ctx, localapi.SignInRequest{})
		ended <- err
	}()
	if err := r.d.provider.Await(r.d.t.Context(), asked+1, at); err != nil {
		r.d.t.Fatal(err)
	}
	return ended
}

// promptly waits for what must not take as long as the provider does.
func promptly[T any](t *testing.T, what string, c <-chan T) (got T) {
	t.Helper()
	limit := time.NewTimer(5 * time.Second)
	defer limit.Stop()
	select {
	case got = <-c:
	case <-limit.C:
		t.Fatalf("%s waits for the provider", what)
	}
	return got
}

func isProblem(err error, code localapi.Code) bool {
	var p *localapi.Problem
	return errors.As(err, &p) && p.Code == code
}

// portIsFree looks at the port of the last request that was pushed.
func (d *desk) portIsFree() error {
	pushed := d.provider.Requests(authtest.PushedAuthorization)
	redirect, err := url.Parse(pushed[len(pushed)-1].Get("redirect_uri"))
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", redirect.Host)
	if err != nil {
		return err
	}
	return l.Close()
}

// leftBehind waits for goroutines that prepare sign-ins or wait for a browser to
// end, and returns those that do not.
func leftBehind() string {
	for end := time.Now().Add(5 * time.Second); ; runtime.Gosched() {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		var left []string
		for stack := range strings.SplitSeq(string(stacks), "\n\n") {
			if strings.Contains(stack, "portico/auth.(*Client)") || strings.Contains(stack, "auth/loopback.") {
				left = append(left, stack)
			}
		}
		if len(left) == 0 || time.Now().After(end) {
			return strings.Join(left, "\n\n")
		}
	}
}

// Whoever does not want to wait for a provider that does not answer need not.
func TestPreparingASignInCanBeEnded(t *testing.T) {
	left := errors.New("the caller has left")
	ways := map[string]struct {
		end func(r *running, leave func())
		is  func(error) bool
		// becomes is the session afterwards, nil for what it was before.
		becomes func(localapi.Session) bool
	}{
		"the caller leaves": {func(_ *running, leave func()) { leave() }, func(err error) bool { return errors.Is(err, left) }, nil},
		"CancelSignIn": {
			func(r *running, _ func()) { r.CancelSignIn() },
			func(err error) bool { return isProblem(err, localapi.Cancelled) },
			func(s localapi.Session) bool { return s.Problem != nil && s.Problem.Code == localapi.Cancelled },
		},
		"SignOut": {
			func(r *running, _ func()) { _, _ = r.SignOut(r.d.t.Context(), localapi.SignOutRequest{}) },
			func(err error) bool { return isProblem(err, localapi.Cancelled) }, phase(localapi.SignedOut),
		},
		"Forget": {
			func(r *running, _ func()) { _, _ = r.Forget(r.d.t.Context()) },
			func(err error) bool { return isProblem(err, localapi.Cancelled) },
			func(s localapi.Session) bool { return s.Phase == localapi.SignedOut && s.Problem == nil },
		},
		"its provider goes": {
			func(r *running, _ func()) { _ = r.SetProviders(nil) },
			func(err error) bool { return isProblem(err, localapi.NoPortal) },
			func(s localapi.Session) bool { return s.Phase == localapi.SignedOut && s.Problem == nil },
		},
		"the program ends": {
			func(r *running, _ func()) { r.stop() },
			func(err error) bool { return isProblem(err, localapi.AgentGone) }, nil,
		},
	}
	for name, way := range ways {
		for _, at := range []authtest.Endpoint{authtest.Discovery, authtest.PushedAuthorization} {
			for who, signedIn := range map[string]bool{"a stranger": false, "signed in": true} {
				t.Run(name+", "+string(at)+", "+who, func(t *testing.T) {
					d, r, before := hanging(t, at, signedIn)
					ctx, leave := context.WithCancelCause(t.Context())
					began := r.prepare(ctx, at)
					done := make(chan struct{})
					go func() {
						way.end(r, func() { leave(left) })
						close(done)
					}()
					promptly(t, name, done)
					if err := promptly(t, "SignIn", began); !way.is(err) {
						t.Errorf("SignIn: %v", err)
					}
					now, _ := r.Snapshot()
					if now.SignIn != nil || way.becomes == nil && !reflect.DeepEqual(now, before) || way.becomes != nil && !way.becomes(now) {
						t.Errorf("session = %+v, problem %+v; before %+v", now, now.Problem, before)
					}
					if at == authtest.PushedAuthorization {
						if err := d.portIsFree(); err != nil {
							t.Errorf("the port: %v", err)
						}
					}
					if stacks := leftBehind(); stacks != "" {
						t.Errorf("left behind:\n%s", stacks)
					}
				})
			}
		}
	}
}

// queue begins a sign-in that has to wait for its turn, and returns when it does.
func (r *running) queue(ctx context.Context) <-chan error {
	r.state.mu.Lock()
	before := len(r.state.attempts.preparing)
	r.state.mu.Unlock()
	ended := make(chan error, 1)
	go func() {
		_, err := r.SignIn(ctx, localapi.SignInRequest{Another: true})
		ended <- err
	}()
	for ; ; runtime.Gosched() {
		r.state.mu.Lock()
		n := len(r.state.attempts.preparing)
		r.state.mu.Unlock()
		if n > before {
			return ended
		}
	}
}

// A sign-in that waits for another one to be prepared is ended with it, or when
// its own caller leaves.
func TestSignInThatWaitsForItsTurnCanBeEnded(t *testing.T) {
	d, r, before := hanging(t, authtest.Discovery, false)
	first := r.prepare(t.Context(), authtest.Discovery)
	ctx, leave := context.WithCancel(t.Context())
	leaves, stays := r.queue(ctx), r.queue(t.Context())
	leave()
	if err := promptly(t, "SignIn", leaves); !errors.Is(err, context.Canceled) {
		t.Errorf("the one whose caller left: %v", err)
	}
	if now, _ := r.Snapshot(); !reflect.DeepEqual(now, before) {
		t.Errorf("session = %+v", now)
	}
	r.CancelSignIn()
	for _, c := range []<-chan error{first, stays} {
		if err := promptly(t, "SignIn", c); !isProblem(err, localapi.Cancelled) {
			t.Errorf("one that was cancelled: %v", err)
		}
	}
	if n := len(d.provider.Requests()); n != 1 {
		t.Errorf("%d requests, want the first one's alone", n)
	}
}

// A sign-in that takes another one's place and comes to nothing leaves what was
// before both, also where a silent start gave way to the first.
func TestCallerWhoLeavesTakesTheFormerAttemptAlong(t *testing.T) {
	d := newDesk(t)
	d.change = func(p *Params) { p.CacheDir = "" }
	r := d.start()
	r.signIn()
	before, _ := r.Snapshot()
	if _, err := r.SignIn(t.Context(), localapi.SignInRequest{Another: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.provider.Fault(authtest.Hang(authtest.Discovery)))
	r.state.mu.Lock()
	r.state.where.phase = localapi.Starting
	r.state.mu.Unlock()
	ctx, leave := context.WithCancel(t.Context())
	began := r.prepare(ctx, authtest.Discovery)
	leave()
	if err := promptly(t, "SignIn", began); !errors.Is(err, context.Canceled) {
		t.Errorf("SignIn: %v", err)
	}
	d.provider.Heal()
	now := r.await(phase(localapi.SignedIn))
	if now.SignIn != nil || now.Problem != nil || now.Account.ID != before.Account.ID {
		t.Errorf("session = %+v", now)
	}
}

// A console that has got its answer may leave; the person is in the browser.
func TestCallerWhoLeavesDoesNotEndAPreparedSignIn(t *testing.T) {
	d := newDesk(t, authtest.WithPAR(true))
	r := d.start()
	ctx, leave := context.WithCancel(t.Context())
	in, err := r.SignIn(ctx, localapi.SignInRequest{})
	if err != nil {
		t.Fatal(err)
	}
	leave()
	if _, err := d.provider.Browse(t.Context(), in.URL); err != nil {
		t.Fatal(err)
	}
	r.await(phase(localapi.SignedIn))
}

// Another provider's portal may change meanwhile.
func TestPreparingGoesOnWhenAnotherProviderGoes(t *testing.T) {
	d, r, _ := hanging(t, authtest.Discovery, false)
	other := d.work()
	other.ID = "other"
	if err := r.SetProviders([]auth.Provider{d.work(), other}); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := r.SignIn(t.Context(), localapi.SignInRequest{Provider: "work"})
		ended <- err
	}()
	if err := d.provider.Await(t.Context(), 1, authtest.Discovery); err != nil {
		t.Fatal(err)
	}
	if err := r.SetProviders([]auth.Provider{d.work()}); err != nil {
		t.Fatal(err)
	}
	d.provider.Heal() // breaks the connection
	if err := promptly(t, "SignIn", ended); !isProblem(err, localapi.ProviderUnreachable) {
		t.Errorf("SignIn: %v, want the provider's own failure", err)
	}
}

// Another look at the browser needs another pushed request, which may hang too.
func TestAnotherLookAtTheBrowserCanBeEnded(t *testing.T) {
	d := newDesk(t, authtest.WithPAR(true))
	r := d.start()
	if _, err := r.SignIn(t.Context(), localapi.SignInRequest{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.provider.Fault(authtest.Hang(authtest.PushedAuthorization)))
	ctx, leave := context.WithCancel(t.Context())
	again := r.prepare(ctx, authtest.PushedAuthorization)
	leave()
	if err := promptly(t, "SignIn", again); !errors.Is(err, context.Canceled) {
		t.Errorf("the one whose caller left: %v", err)
	}
	if now, _ := r.Snapshot(); now.SignIn == nil {
		t.Errorf("the sign-in ended with a caller that wanted to see it once more: %+v", now)
	}
	again = r.prepare(t.Context(), authtest.PushedAuthorization)
	r.CancelSignIn()
	if err := promptly(t, "SignIn", again); !isProblem(err, localapi.Cancelled) {
		t.Errorf("the one that was cancelled: %v", err)
	}
	if now, _ := r.Snapshot(); now.SignIn != nil || now.Problem == nil || now.Problem.Code != localapi.Cancelled {
		t.Errorf("session = %+v", now)
	}
}
