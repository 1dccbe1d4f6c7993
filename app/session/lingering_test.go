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
				s.active = a
				go func() { s.lingering(a, returned); close(done) }()
				time.Sleep(test.after)
				synctest.Wait()
				if test.happens != nil {
					s.mu.Lock()
					test.happens(a, returned)
					s.mu.Unlock()
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
