package ui

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
)

// How long the window waits before it looks for an agent that went away: at
// first, and at most.
const (
	firstWait = 500 * time.Millisecond
	mostWait  = 10 * time.Second
)

// quitPatience is how long an agent may take to end with the window.
const quitPatience = 5 * time.Second

var errWatchEnded = errors.New("the agent ended its stream of events")

// listen follows the agent's state from now on, and the end of the context.
func (w *window) listen() {
	w.jobs.Go(func() {
		wait := firstWait
		for w.ctx.Err() == nil {
			err := w.follow(func() { wait = firstWait })
			if w.ctx.Err() != nil {
				break
			}
			w.hop.post(func() { w.lose(err) })
			w.rest(wait)
			wait = min(2*wait, mostWait)
		}
		w.hop.last(func() { w.leave() })
	})
}

// follow passes on the agent's events until they end, or a call had no answer.
func (w *window) follow(heard func()) error {
	ctx, leave := context.WithCancelCause(w.ctx)
	defer leave(nil)
	select {
	case <-w.silences: // from before
	default:
	}
	w.jobs.Go(func() {
		select {
		case silence := <-w.silences:
			leave(silence)
		case <-ctx.Done():
		}
	})
	for event, err := range w.Agent.Watch(ctx) {
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			return err
		}
		heard()
		if event.Type == localapi.EventShow && w.meant(event) && !w.hop.started() {
			w.confirm() // it is only just opening, and comes to the front by itself
		}
		w.hop.post(func() { w.receive(event) })
	}
	if silence := context.Cause(ctx); silence != nil {
		return silence
	}
	return errWatchEnded
}

// lose notes that the agent does not answer, and why where that is more than that it
// went away.
func (w *window) lose(err error) {
	var lost *localapi.Problem
	if errors.As(err, &lost) && lost.Code == localapi.AgentGone {
		lost = nil
	}
	if !w.gone || !samePlight(w.lost, lost) {
		w.gone, w.lost = true, lost
		w.refresh()
	}
}

// samePlight says that two problems are told in the same words: each try makes its own.
func samePlight(a, b *localapi.Problem) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Code == b.Code && maps.Equal(a.Params, b.Params)
}

// rest waits until d has passed, or the person wants the agent looked for now.
func (w *window) rest(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-w.again:
	case <-w.ctx.Done():
	}
}

// doubt has the agent looked for anew where a call had no answer: its events alone do
// not tell one that has no news from one that somebody has stopped.
func (w *window) doubt(err error) {
	var p *localapi.Problem
	if !errors.As(err, &p) || p.Code != localapi.AgentSilent {
		return
	}
	select {
	case w.silences <- err:
	default: // it is already
	}
}

// overAll says whether a problem stands over every screen anyway: the agent does not
// answer.
func overAll(p *localapi.Problem) bool {
	return p.Code == localapi.AgentSilent || p.Code == localapi.AgentGone
}

// lookAgain has the agent looked for at once.
func (w *window) lookAgain() {
	select {
	case w.again <- struct{}{}:
	default: // it will be already
	}
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// meant says whether a request for a window in front is for this one.
func (w *window) meant(e localapi.Event) bool { return e.Display == "" || e.Display == w.Display }

// confirm tells the agent that this window has come to the front. Who has asked for it
// takes one that says nothing for dead.
func (w *window) confirm() {
	w.call(func(ctx context.Context) error {
		return w.Agent.Shown(ctx, localapi.ShowRequest{Display: w.Display})
	}, func(error) {}) // an agent that has gone asks no more
}

// call runs do in a goroutine of the window's, and then with its error on
// Fyne's, unless the window is closing.
func (w *window) call(do func(context.Context) error, then func(error)) {
	w.jobs.Go(func() {
		err := do(w.ctx)
		w.doubt(err)
		if w.ctx.Err() == nil {
			w.hop.post(func() { then(err) })
		}
	})
}

// after calls f on Fyne's goroutine when d has passed, unless it is stopped
// before.
func (w *window) after(d time.Duration, f func()) (stop func()) {
	ctx, cancel := context.WithCancel(w.ctx)
	w.jobs.Go(func() {
		sleep(ctx, d)
		if ctx.Err() == nil {
			w.hop.post(func() {
				if ctx.Err() == nil {
					f()
				}
			})
		}
	})
	return cancel
}

// every calls f on Fyne's goroutine each time d has passed, until stopped.
func (w *window) every(d time.Duration, f func()) (stop func()) {
	ctx, cancel := context.WithCancel(w.ctx)
	w.jobs.Go(func() {
		t := time.NewTicker(d)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				w.hop.post(func() {
					if ctx.Err() == nil {
						f()
					}
				})
			case <-ctx.Done():
				return
			}
		}
	})
	return cancel
}

// problemOf is a failed call as a problem; nil when it was merely given up.
func problemOf(err error) *localapi.Problem {
	var p *localapi.Problem
	switch {
	case err == nil, errors.Is(err, context.Canceled):
		return nil
	case errors.As(err, &p):
		return p
	}
	return &localapi.Problem{
		Code:    localapi.Unexpected,
		Details: &localapi.Details{Error: err.Error(), Time: time.Now()},
	}
}

// act runs something the person asked for, one thing at a time. A failure is
// shown where it belongs.
func (w *window) act(do func(context.Context) error, then func()) {
	if w.working {
		return
	}
	w.working, w.trouble = true, nil
	w.refresh()
	w.call(do, func(err error) {
		w.working = false
		if p := problemOf(err); p != nil {
			w.report(p)
			return
		}
		if then != nil {
			then()
		}
		w.refresh()
	})
}

// report shows a problem that an action ran into: on the screen if it has a
// place for it, otherwise over it.
func (w *window) report(p *localapi.Problem) {
	w.trouble = p
	w.refresh()
	if w.kind != kindSignedOut && !w.tells(p) {
		w.showProblem(p)
		w.popup.Subject = p
	}
}

// tells says whether the screen is a page about just this problem. The answer to
// an action and the state that follows from it come in any order.
func (w *window) tells(p *localapi.Problem) bool {
	var told *localapi.Problem
	switch s := w.screen.(type) {
	case *problem:
		told = s.cause()
	case *consent:
		told = w.state.Session.Problem
	}
	return p != nil && told != nil && told.Code == p.Code && maps.Equal(told.Params, p.Params)
}

// signIn begins a sign-in and opens its page. Whether it is remembered is a
// setting, which the person finds at the door too.
func (w *window) signIn(req localapi.SignInRequest) {
	w.tried = &req
	req.MemoryOnly = !w.remembers()
	w.begin(req, func(in localapi.SignIn) {
		if in.URL != "" {
			w.openPage(in.URL)
		}
	})
}

// begin begins a sign-in, in place of one that is under way; then may be nil.
func (w *window) begin(req localapi.SignInRequest, then func(localapi.SignIn)) {
	w.browserMissing, w.signedOut = false, ""
	var in localapi.SignIn
	w.act(func(ctx context.Context) error {
		var err error
		in, err = w.Agent.SignIn(ctx, req)
		return err
	}, func() {
		if then != nil {
			then(in)
		}
	})
}

// openPage opens a sign-in's page. Where no browser answers, the waiting
// screen says so.
func (w *window) openPage(url string) {
	browser := w.says(keyBrowser)
	w.call(func(ctx context.Context) error { return w.OpenURL(ctx, browser, url) }, func(err error) {
		w.browserMissing = err != nil
		w.refresh()
	})
}

// openWith opens a sign-in's page in another browser.
func (w *window) openWith(browser, url string) {
	w.call(func(ctx context.Context) error { return w.OpenWith(ctx, browser, url) }, func(err error) {
		w.browserMissing = err != nil
		w.refresh()
	})
}

// openLink opens an address of the portal's.
func (w *window) openLink(url string) { w.openBy(w.OpenURL, url) }

// openApp opens an app of the portal's.
func (w *window) openApp(url string) {
	open := w.OpenApp
	if open == nil {
		open = w.OpenURL
	}
	w.openBy(open, url)
}

func (w *window) openBy(open func(ctx context.Context, browser, url string) error, url string) {
	browser := w.says(keyBrowser)
	w.call(func(ctx context.Context) error { return open(ctx, browser, url) }, func(err error) {
		if err != nil {
			w.showBrowserMissing(url, err)
		}
	})
}

// cancelSignIn ends a sign-in under way.
func (w *window) cancelSignIn() { w.act(w.Agent.CancelSignIn, nil) }

// renew asks the agent for news now.
func (w *window) renew() {
	if w.checking || !w.known || w.state.Session.Phase == localapi.SigningIn {
		return
	}
	w.checking = true
	w.refresh()
	var state localapi.State
	w.call(func(ctx context.Context) error {
		var err error
		state, err = w.Agent.Refresh(ctx)
		return err
	}, func(err error) {
		w.checking = false
		if err == nil && state.Revision >= w.state.Revision {
			w.take(state)
			return
		}
		if p := problemOf(err); p != nil && !overAll(p) {
			w.report(p)
			return
		}
		w.refresh()
	})
}

// signOut signs this device out, and the browser too if asked.
func (w *window) signOut(req localapi.SignOutRequest) {
	title := w.providerTitle(w.state.Session.Provider)
	var report localapi.SignOutReport
	w.act(func(ctx context.Context) error {
		var err error
		report, err = w.Agent.SignOut(ctx, req)
		return err
	}, func() {
		switch {
		case report.Local == localapi.StepFailed && report.LocalProblem != nil:
			w.report(report.LocalProblem)
		case report.Revoked == localapi.StepFailed && req.Account != "" && report.RevokedProblem != nil:
			w.report(report.RevokedProblem)
		case report.Revoked == localapi.StepFailed:
			w.signedOut = w.Words.Text("window.sign-out.not-told", "Provider", title)
		case report.Browser == localapi.StepNoIDToken:
			w.signedOut = w.Words.Text("window.sign-out.browser-stays")
		default:
			w.signedOut = w.Words.Text("window.sign-out.done")
		}
		if report.Browser == localapi.StepInBrowser && report.BrowserURL != "" {
			w.openLink(report.BrowserURL)
		}
		if req.Account != "" {
			w.askAccounts() // it is listed no more
		}
	})
}

// forget removes every trace of this person.
func (w *window) forget() {
	var report localapi.ForgetReport
	w.act(func(ctx context.Context) error {
		var err error
		report, err = w.Agent.Forget(ctx)
		return err
	}, func() {
		w.forgotten = true
		if len(report.Problems) > 0 {
			w.report(&report.Problems[0])
		}
	})
}

// quit ends the agent, whose farewell closes this window.
func (w *window) quit() {
	w.call(w.Agent.Quit, func(err error) {
		if err != nil {
			w.win.Close() // it has gone already
		}
	})
}

// copy puts text on the clipboard.
func (w *window) copy(text string) { w.app.Clipboard().SetContent(text) }
