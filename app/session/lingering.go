package session

import (
	"time"

	"github.com/portico-desktop/portico/app/localapi"
)

// lingersAfter is how long a browser is left alone. A person still typing a password then
// gets a hint they need not mind; without it, a person before a page with an error would
// wait for minutes.
const lingersAfter = time.Minute

// finishesWithin is how long a sign-in takes at most after the browser is back, if nobody
// is asked anything more. A key store to unlock, or to set up, waits for a person who may
// not see its window.
const finishesWithin = 10 * time.Second

// lingering shows once that the browser has stayed away for a while. It is the one clock
// for this: windows and consoles go by the state.
func (f *following) lingering(a *attempt, returned <-chan struct{}) {
	timer := time.NewTimer(lingersAfter)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-returned:
		return
	case <-a.ended:
		return
	}
	f.note(a, localapi.StageBrowser, &a.info.Lingering)
}

// estranged shows once that a program of another user has come in place of the browser.
// It may be the person's own browser, and show no more there than a reset connection.
func (f *following) estranged(a *attempt, came, returned <-chan struct{}) {
	select {
	case <-came:
	case <-returned:
		return
	case <-a.ended:
		return
	}
	f.note(a, localapi.StageBrowser, &a.info.Stranger)
}

// unfinished shows once that a sign-in takes long although the browser is back.
func (f *following) unfinished(a *attempt) {
	timer := time.NewTimer(finishesWithin)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-a.ended:
		return
	}
	f.note(a, localapi.StageExchanging, &a.info.Lingering)
}

// note sets a mark of an attempt, as long as the attempt is at a stage.
func (f *following) note(a *attempt, at localapi.SignInStage, what *bool) {
	f.state.mu.Lock()
	changed := f.state.attempts.active == a && a.info.Stage == at
	if changed {
		*what = true
	}
	f.state.mu.Unlock()
	if changed {
		f.changed()
	}
}
