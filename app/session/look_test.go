package session

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/authtest"
	"github.com/portico-desktop/portico/auth/vault"
)

// outage is a stand-in for a network, or for a provider, that is down for a while. What
// it lets pass goes to the scripted provider.
type outage struct {
	base http.RoundTripper
	down atomic.Pointer[func() (*http.Response, error)]
	// asked counts the moments at which it was asked, by the bubble's clock.
	asked atomic.Int32
	last  atomic.Int64
}

func (o *outage) RoundTrip(req *http.Request) (*http.Response, error) {
	if now := time.Now().UnixNano(); o.last.Swap(now) != now {
		o.asked.Add(1)
	}
	if down := o.down.Load(); down != nil {
		return (*down)()
	}
	return o.base.RoundTrip(req)
}

func refused() (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
}

// unavailable is what a provider says with 503, "" for no Retry-After.
func unavailable(retryAfter string) func() (*http.Response, error) {
	return func() (*http.Response, error) {
		h := http.Header{}
		if retryAfter != "" {
			h.Set("Retry-After", retryAfter)
		}
		return &http.Response{StatusCode: http.StatusServiceUnavailable, Header: h, Body: io.NopCloser(strings.NewReader("down"))}, nil
	}
}

// duringOutage runs f in a bubble, with a session that has found its provider down at
// its start, and with a clock that only f moves.
func duringOutage(t *testing.T, down func() (*http.Response, error), f func(s *Session, o *outage)) {
	t.Helper()
	var passed atomic.Int64 // in the bubble, which the provider is outside of
	d := newDesk(t, authtest.WithClock(func() time.Time { return time.Now().Add(time.Duration(passed.Load())) }))
	first := d.start()
	first.await(phase(localapi.SignedOut))
	first.signIn()
	first.stop()
	begun := time.Now()
	trusted := d.provider.Client().Transport.(*http.Transport).Clone()
	synctest.Test(t, func(t *testing.T) {
		bubble := time.Now()
		now := func() time.Time {
			passed.Store(int64(time.Since(bubble)))
			return begun.Add(time.Since(bubble))
		}
		trusted.DisableKeepAlives = true // a connection that is open would hold the bubble's clock
		trusted.TLSClientConfig.Time = now
		o := &outage{base: trusted}
		o.down.Store(&down)
		s := New(Params{
			Store:    vault.New(vault.Params{Service: "test", Backend: d.keyStore, Timeout: time.Second}),
			CacheDir: d.dir, LockDir: d.dir, HTTP: &http.Client{Transport: o}, Now: now,
		})
		ctx, cancel := context.WithCancel(context.Background())
		s.Bind(ctx)
		var run sync.WaitGroup
		run.Go(func() { s.Run(ctx) })
		defer func() {
			cancel()
			run.Wait()
		}()
		if err := s.SetProviders([]auth.Provider{d.work()}); err != nil {
			t.Fatal(err)
		}
		s.Resume(ctx, false)
		if now, _ := s.Snapshot(); now.Phase != localapi.Offline {
			t.Fatalf("%+v", now)
		}
		f(s, o)
	})
}

func stands(s *Session) localapi.Phase {
	now, _ := s.Snapshot()
	return now.Phase
}

// During a long outage every wait ends within five minutes, and no two computers ask in
// step.
func TestOutageIsOverWithinFiveMinutesOfItsEnd(t *testing.T) {
	for name, down := range map[string]func() (*http.Response, error){"no network": refused, "503": unavailable("")} {
		t.Run(name, func(t *testing.T) {
			duringOutage(t, down, func(s *Session, o *outage) {
				waits := map[time.Duration]bool{}
				for range 40 {
					asked, from := o.asked.Load(), time.Now()
					for o.asked.Load() == asked {
						time.Sleep(time.Second)
						synctest.Wait()
						if time.Since(from) > 5*time.Minute {
							t.Fatal("nothing was tried for five minutes")
						}
					}
					waits[time.Since(from)] = true
				}
				if len(waits) < 10 {
					t.Errorf("the waits are %v", waits)
				}
				o.down.Store(nil)
				time.Sleep(5 * time.Minute)
				synctest.Wait()
				if got := stands(s); got != localapi.SignedIn {
					t.Errorf("five minutes after the outage it is %s", got)
				}
			})
		})
	}
}

// later lets an outage last until waits are long, and ends it right after a try.
func later(o *outage) {
	for range 10 {
		asked := o.asked.Load()
		for o.asked.Load() == asked {
			time.Sleep(time.Second)
			synctest.Wait()
		}
	}
	time.Sleep(lookPause)
	synctest.Wait()
	o.down.Store(nil)
}

func TestWhoeverLooksAfterAnOutageIsSignedInAtOnce(t *testing.T) {
	duringOutage(t, refused, func(s *Session, o *outage) {
		later(o)
		s.Looked()
		synctest.Wait()
		if got := stands(s); got != localapi.SignedIn {
			t.Errorf("it is %s", got)
		}
	})
}

func TestPortalThatAnswersHasTheSessionTriedWithinHalfAMinute(t *testing.T) {
	took := map[time.Duration]bool{}
	for range 5 {
		duringOutage(t, refused, func(s *Session, o *outage) {
			later(o)
			s.Reached()
			from := time.Now()
			for stands(s) != localapi.SignedIn && time.Since(from) < portalSpread {
				time.Sleep(time.Second)
				synctest.Wait()
			}
			took[time.Since(from)] = true
			if got := stands(s); got != localapi.SignedIn {
				t.Errorf("it is %s", got)
			}
		})
	}
	if len(took) < 2 {
		t.Errorf("every one came back after %v", took)
	}
}

// What asks again and again is one that asks every few seconds at most.
func TestLookingAgainAndAgainAsksNoMoreThanARetryWould(t *testing.T) {
	duringOutage(t, refused, func(s *Session, o *outage) {
		asked := o.asked.Load()
		for range 600 {
			s.Looked()
			s.Reached()
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
		}
		if n := o.asked.Load() - asked; n < 2 || n > 2*(int32(time.Minute/lookPause)+1) { // the engine asks a second time by itself
			t.Errorf("asked %d times in a minute", n)
		}
	})
}

// The provider has said when it wants to be asked again: only a click comes before that.
func TestRetryAfterIsWaitedForByAllButAClick(t *testing.T) {
	duringOutage(t, unavailable("900"), func(s *Session, o *outage) {
		o.down.Store(nil)
		asked := o.asked.Load()
		for range 14 {
			time.Sleep(time.Minute)
			s.Looked()
			s.Reached()
			synctest.Wait()
		}
		if n := o.asked.Load() - asked; n != 0 || stands(s) != localapi.Offline {
			t.Fatalf("asked %d times within the provider's pause; it is %s", n, stands(s))
		}
		if err := s.Refresh(context.Background()); err != nil || stands(s) != localapi.SignedIn {
			t.Errorf("a click: %v; it is %s", err, stands(s))
		}
	})
	duringOutage(t, unavailable("900"), func(s *Session, o *outage) {
		o.down.Store(nil)
		time.Sleep(15*time.Minute + time.Second)
		s.Looked()
		synctest.Wait()
		if got := stands(s); got != localapi.SignedIn {
			t.Errorf("after the provider's pause a look leaves it %s", got)
		}
	})
}

// Whose turn it is when somebody looks, by what stands in the way.
func TestLookingTriesOnlyWhatMayHaveMendedItself(t *testing.T) {
	for code, tries := range map[localapi.Code]bool{
		localapi.ProviderUnreachable: true, localapi.ProviderFailing: true, localapi.NetworkSignIn: true, localapi.CertificateUnknown: true,
		localapi.ClockWrong: true, localapi.ConsentNeeded: true, localapi.BlockedByPolicy: true, localapi.Untrusted: true,
		localapi.SignInExpired: false, localapi.SignInRevoked: false, localapi.SecondFactor: false, localapi.PasswordExpired: false,
		localapi.NotAssigned: false, localapi.AccountDisabled: false, localapi.SecretMissing: false,
		localapi.TooManyTries: false, // its pause runs
	} {
		for name, act := range map[string]func(*Session){"a look": (*Session).Looked, "the portal": (*Session).Reached} {
			s, now := atRest(t, &localapi.Problem{Code: code})
			due := s.state.when.Due()
			s.state.when.At(time.Time{}) // as if nothing were planned
			if code == localapi.TooManyTries {
				s.state.when.At(due)
			}
			before := s.state.when.Due()
			act(s)
			if tried := !s.state.when.Due().Equal(before); tried != tries {
				t.Errorf("%s with %s: tries %v", code, name, tried)
			} else if wait := s.state.when.Due().Sub(*now); tried && (wait < 0 || wait > portalSpread) {
				t.Errorf("%s with %s: tries in %v", code, name, wait)
			}
		}
	}
	s := New(Params{})
	s.Looked()
	s.Reached()
	if !s.state.when.Due().IsZero() {
		t.Error("nobody is known, and something is tried")
	}
}

// A look or the portal never puts off what is due anyway.
func TestLookingPutsNothingOff(t *testing.T) {
	s, now := atRest(t, &localapi.Problem{Code: localapi.ProviderUnreachable})
	s.state.when.tried = *now
	for _, act := range []func(*Session){(*Session).Looked, (*Session).Reached} {
		s.state.when.At(now.Add(-time.Second))
		due := s.state.when.Due()
		act(s)
		if !s.state.when.Due().Equal(due) {
			t.Errorf("put off by %v", s.state.when.Due().Sub(due))
		}
	}
}
