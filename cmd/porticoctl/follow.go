package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/portico-desktop/portico/app/localapi"
)

// observed is one item of an agent's Watch.
type observed struct {
	state *localapi.State
	err   error
}

// observe passes an agent's states on to a channel until ctx ends or the agent
// goes away. Whoever calls it reads until the channel is closed.
func observe(ctx context.Context, a localapi.Agent) <-chan observed {
	seen := make(chan observed)
	go func() {
		defer close(seen)
		for event, err := range a.Watch(ctx) {
			if err == nil && event.State == nil {
				continue
			}
			select {
			case seen <- observed{event.State, err}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return seen
}

// follow watches a sign-in until it has ended, and hands the agent what the
// person pastes. One that is left before its end is called off.
func (o *loginOptions) follow(ctx context.Context, c *connection, in localapi.SignIn) (localapi.State, error) {
	following, stop := context.WithCancel(ctx)
	if o.Limit > 0 {
		following, stop = context.WithTimeoutCause(ctx, o.Limit, &localapi.Problem{Code: localapi.TimedOut})
	}
	states := observe(following, c)
	defer func() {
		stop()
		for range states { // until the watch has ended
		}
	}()
	var pasted <-chan string
	if o.NoBrowser && o.terminal && in.Stage == localapi.StageBrowser {
		// A terminal that cannot may still hand over enough.
		if restore, err := o.widen(); err == nil {
			defer restore()
		}
		pasted = o.lines(following)
	}
	progress := signInProgress{loginOptions: o, stage: in.Stage}
	for {
		select {
		case seen, ok := <-states:
			switch {
			case following.Err() != nil:
				o.cancel(ctx, c)
				return localapi.State{}, context.Cause(following)
			case !ok:
				return localapi.State{}, &localapi.Problem{Code: localapi.AgentGone}
			case seen.err != nil:
				return localapi.State{}, seen.err
			}
			if ended, problem := progress.look(*seen.state); problem != nil {
				return o.stopped(ctx, c, *seen.state, problem)
			} else if ended {
				return *seen.state, nil
			}
		case line, ok := <-pasted:
			if !ok {
				pasted = nil // nothing more comes, the browser may
				continue
			}
			o.paste(following, c, line)
		}
	}
}

// stopped is the end of a sign-in that a problem ended. The agent would wait for
// an administrator's consent for hours, with this command gone.
func (o *loginOptions) stopped(ctx context.Context, c *connection, s localapi.State, problem *localapi.Problem) (localapi.State, error) {
	asked := s.Session.Consent
	if asked == nil || !aboutConsent(problem) {
		return localapi.State{}, problem
	}
	if asked.Waiting {
		o.cancel(ctx, c)
		if now, err := c.State(ctx); err == nil {
			s = now
		}
	}
	consent := *asked
	consent.Waiting = false
	s.Session.Consent = &consent
	return s, problem
}

// signInProgress says how a sign-in gets on, once for each thing that happens.
type signInProgress struct {
	*loginOptions
	stage localapi.SignInStage
	asked bool // the person has been told of the consent
	// offered is the request to an administrator in case the browser asks for it.
	offered *localapi.Consent
}

// look says whether the sign-in has ended in a state, and why without anybody
// signed in.
func (p *signInProgress) look(s localapi.State) (ended bool, problem *localapi.Problem) {
	session := s.Session
	if aboutConsent(session.Problem) {
		consent := session.Consent
		if !p.Wait || consent == nil || !consent.Waiting {
			return true, session.Problem
		}
		if !p.asked {
			p.asked = true
			p.tell(p.progress, session.Problem)
			p.hand(consent)
			p.waits(consent)
		}
		return false, nil
	}
	if session.Consent != nil {
		p.offered = session.Consent
	}
	switch session.Phase {
	case localapi.SigningIn:
		if session.SignIn != nil && session.SignIn.Stage != p.stage {
			p.stage = session.SignIn.Stage
			if p.stage == localapi.StageExchanging {
				p.say("console.login.exchanging")
			}
		}
		return false, nil
	case localapi.SignedIn:
		// With a problem, whoever was signed in before still is, and this attempt
		// failed.
		return true, session.Problem
	}
	if session.Problem == nil {
		return true, &localapi.Problem{Code: localapi.Cancelled}
	}
	if session.Problem.Code == localapi.TimedOut && p.offered != nil {
		// Some providers show that an administrator is needed and never come back.
		p.say("console.consent.perhaps")
		p.hand(p.offered)
	}
	return true, session.Problem
}

// waits says how long the agent waits for an administrator.
func (p *signInProgress) waits(c *localapi.Consent) {
	if c.Deadline.IsZero() {
		p.say("console.consent.waiting-on")
		return
	}
	p.say("console.consent.waiting", "Until", local(c.Deadline))
}

// aboutConsent says whether a problem is that an administrator has to agree.
func aboutConsent(p *localapi.Problem) bool {
	return p != nil && p.Exit() == localapi.ExitConsent
}

// hand gives the person what an administrator needs, the link alone on a line.
func (p *program) hand(c *localapi.Consent) {
	if c == nil || c.URL == "" {
		return
	}
	p.say("console.consent.link")
	fmt.Fprintln(p.progress, c.URL)
}

// paste hands the agent an address that the person pasted. A wrong one is no
// reason to end the sign-in.
func (o *loginOptions) paste(ctx context.Context, c *connection, line string) {
	line = strings.TrimSpace(line)
	if line == "" {
		return
	}
	err := c.Paste(ctx, localapi.PasteRequest{Address: line})
	var problem *localapi.Problem
	switch {
	case err == nil || ctx.Err() != nil:
		return
	case errors.As(err, &problem) && problem.Code == localapi.NotThisSignIn:
		o.say("console.login.pasted-wrong")
	default:
		o.tell(o.progress, asProblem(ctx, err))
	}
}
