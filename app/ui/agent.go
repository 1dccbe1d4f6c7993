package ui

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
)

// How long the window waits before it looks for a lost agent: at first, and at most.
const (
	firstWait = 500 * time.Millisecond
	mostWait  = 10 * time.Second
)

var errWatchEnded = errors.New("the agent ended its stream of events")

// agent is the window's knowledge of the agent, and how it follows it: its last state,
// its silence, and the cause. The knowledge belongs to Fyne's goroutine; code on other
// ones uses only api, jobs and the two channels.
type agent struct {
	api     localapi.Agent
	display string // the window's, as Params.Display
	jobs    *jobs

	state localapi.State
	known bool // state has been heard of
	gone  bool // it does not answer
	// lost is the cause, nil if there is nothing more to say.
	lost *localapi.Problem

	again    chan struct{} // has the agent looked for at once
	silences chan error    // calls that had no answer

	receive func(localapi.Event) // takes an event, on Fyne's goroutine
	refresh func()               // shows the changes
	leave   func()               // ends Fyne; it may have ended already
}

func newAgent(api localapi.Agent, display string, j *jobs) *agent {
	a := &agent{api: api, display: display, jobs: j, again: make(chan struct{}, 1), silences: make(chan error, 1)}
	j.doubt = a.doubt
	return a
}

// listen follows the agent's state from now on, and the end of the context.
func (a *agent) listen() {
	a.jobs.group.Go(func() {
		wait := firstWait
		for a.jobs.ctx.Err() == nil {
			err := a.follow(func() { wait = firstWait })
			if a.jobs.ctx.Err() != nil {
				break
			}
			a.jobs.hop.post(func() { a.lose(err) })
			a.rest(wait)
			wait = min(2*wait, mostWait)
		}
		a.jobs.hop.last(func() { a.leave() })
	})
}

// follow passes on the agent's events until they end, or a call had no answer.
func (a *agent) follow(heard func()) error {
	ctx, leave := context.WithCancelCause(a.jobs.ctx)
	defer leave(nil)
	select {
	case <-a.silences: // from before
	default:
	}
	a.jobs.group.Go(func() {
		select {
		case silence := <-a.silences:
			leave(silence)
		case <-ctx.Done():
		}
	})
	for event, err := range a.api.Watch(ctx) {
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			return err
		}
		heard()
		if event.Type == localapi.EventShow && a.meant(event) && !a.jobs.hop.started() {
			a.confirm() // it is only just opening, and comes to the front by itself
		}
		a.jobs.hop.post(func() { a.receive(event) })
	}
	if silence := context.Cause(ctx); silence != nil {
		return silence
	}
	return errWatchEnded
}

// lose notes that the agent does not answer, and the cause, if there is one beside its
// going away.
func (a *agent) lose(err error) {
	var lost *localapi.Problem
	if errors.As(err, &lost) && lost.Code == localapi.AgentGone {
		lost = nil
	}
	if !a.gone || !samePlight(a.lost, lost) {
		a.gone, a.lost = true, lost
		a.refresh()
	}
}

// samePlight says whether two problems are told in the same words: each try makes its
// own.
func samePlight(a, b *localapi.Problem) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Code == b.Code && maps.Equal(a.Params, b.Params)
}

// rest waits until d has passed, or the person wants the agent looked for now.
func (a *agent) rest(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-a.again:
	case <-a.jobs.ctx.Done():
	}
}

// doubt has the agent looked for anew after a call without an answer: its events alone do
// not tell an agent without news from a stopped one.
func (a *agent) doubt(err error) {
	var p *localapi.Problem
	if !errors.As(err, &p) || p.Code != localapi.AgentSilent {
		return
	}
	select {
	case a.silences <- err:
	default: // it is already
	}
}

// lookAgain has the agent looked for at once.
func (a *agent) lookAgain() {
	select {
	case a.again <- struct{}{}:
	default: // it will be already
	}
}

// meant says whether a request for a window in front is for this one.
func (a *agent) meant(e localapi.Event) bool { return e.Display == "" || e.Display == a.display }

// confirm tells the agent that this window has come to the front. The agent takes a
// silent window for dead.
func (a *agent) confirm() {
	a.jobs.call(func(ctx context.Context) error {
		return a.api.Shown(ctx, localapi.ShowRequest{Display: a.display})
	}, func(error) {}) // an agent already gone asks no more
}

// overAll says whether a problem stands over every screen anyway: the agent does not
// answer.
func overAll(p *localapi.Problem) bool {
	return p.Code == localapi.AgentSilent || p.Code == localapi.AgentGone
}

// problemOf is a failed call as a problem; nil when it was merely given up.
func problemOf(err error) *localapi.Problem {
	if err == nil || errors.Is(err, context.Canceled) {
		return nil
	}
	p, named := localapi.AsProblem(err)
	if !named {
		p.Details.Time = time.Now()
	}
	return p
}
