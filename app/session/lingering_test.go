package session

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
)

func TestBrowserThatDoesNotComeBackIsSaidToLinger(t *testing.T) {
	for name, test := range map[string]struct {
		after   time.Duration // until something happens
		happens func(a *attempt, returned chan struct{})
		want    bool
	}{
		"it stays away":           {lingersAfter + time.Second, nil, true},
		"not for long yet":        {lingersAfter - time.Second, nil, false},
		"it comes back":           {lingersAfter - time.Second, func(_ *attempt, returned chan struct{}) { close(returned) }, false},
		"it ends":                 {lingersAfter - time.Second, func(a *attempt, _ chan struct{}) { close(a.ended) }, false},
		"it is not this one's":    {time.Second, func(a *attempt, _ chan struct{}) { *a = attempt{ended: a.ended} }, false},
		"it comes back afterward": {lingersAfter + time.Second, func(_ *attempt, returned chan struct{}) { close(returned) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				changes := 0
				s := New(Params{Changed: func() { changes++ }})
				a := &attempt{info: localapi.SignIn{Provider: "work", Stage: localapi.StageBrowser}, ended: make(chan struct{})}
				returned, done := make(chan struct{}), make(chan struct{})
				s.state.attempts.active = a
				go func() { s.following.lingering(a, returned); close(done) }()
				time.Sleep(test.after)
				synctest.Wait()
				if test.happens != nil {
					s.state.mu.Lock()
					test.happens(a, returned)
					s.state.mu.Unlock()
					time.Sleep(2 * lingersAfter)
					synctest.Wait()
				}
				shown, _ := s.Snapshot()
				if shown.SignIn == nil || shown.SignIn.Lingering != test.want || changes != map[bool]int{true: 1}[test.want] {
					t.Errorf("lingering: %+v, told %d times; want %v", shown.SignIn, changes, test.want)
				}
				if test.happens == nil && !test.want {
					close(a.ended)
				}
				<-done
			})
		})
	}
}

// A browser that runs as another user shows no more than that the connection was reset.
func TestAnotherUsersProgramInPlaceOfTheBrowserIsSaid(t *testing.T) {
	for name, test := range map[string]struct {
		happens func(a *attempt, came, returned chan struct{})
		want    bool
	}{
		"it comes":                 {func(_ *attempt, came, _ chan struct{}) { close(came) }, true},
		"the browser comes back":   {func(_ *attempt, _, returned chan struct{}) { close(returned) }, false},
		"it comes after an answer": {func(a *attempt, came, _ chan struct{}) { a.info.Stage = localapi.StageExchanging; close(came) }, false},
		"the sign-in ends":         {func(a *attempt, _, _ chan struct{}) { close(a.ended) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			changes := 0
			s := New(Params{Changed: func() { changes++ }})
			a := &attempt{info: localapi.SignIn{Provider: "work", Stage: localapi.StageBrowser}, ended: make(chan struct{})}
			s.state.attempts.active = a
			came, returned := make(chan struct{}), make(chan struct{})
			test.happens(a, came, returned)
			s.following.estranged(a, came, returned)
			shown, _ := s.Snapshot()
			if shown.SignIn == nil || shown.SignIn.Stranger != test.want || changes != map[bool]int{true: 1}[test.want] {
				t.Errorf("%+v, told %d times; want %v", shown.SignIn, changes, test.want)
			}
		})
	}
}

// A key store that waits for somebody looks like nothing at all from outside.
func TestSignInThatDoesNotFinishIsSaidToLinger(t *testing.T) {
	for name, test := range map[string]struct {
		after   time.Duration
		happens func(a *attempt)
		want    bool
	}{
		"it takes long":        {finishesWithin + time.Second, nil, true},
		"not for long yet":     {finishesWithin - time.Second, nil, false},
		"it ends":              {finishesWithin - time.Second, func(a *attempt) { close(a.ended) }, false},
		"it is not this one's": {time.Second, func(a *attempt) { *a = attempt{ended: a.ended} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := New(Params{})
				// The browser had been away for long, which is over.
				a := &attempt{info: localapi.SignIn{Provider: "work", Stage: localapi.StageBrowser, Lingering: true, Stranger: true}, ended: make(chan struct{})}
				returned, done := make(chan struct{}), make(chan struct{})
				s.state.attempts.active = a
				close(returned)
				go func() { s.following.exchanging(a, returned); close(done) }()
				time.Sleep(test.after)
				synctest.Wait()
				if test.happens != nil {
					s.state.mu.Lock()
					test.happens(a)
					s.state.mu.Unlock()
					time.Sleep(2 * finishesWithin)
					synctest.Wait()
				}
				shown, _ := s.Snapshot()
				if shown.SignIn == nil || shown.SignIn.Lingering != test.want || shown.SignIn.Stranger && name != "it is not this one's" {
					t.Errorf("%+v, want %v", shown.SignIn, test.want)
				}
				if test.happens == nil && !test.want {
					close(a.ended)
				}
				<-done
			})
		})
	}
}
