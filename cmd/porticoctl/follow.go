package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
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

// follow watches a sign-in until it has ended, and hands the person's pastes to the
// agent, from the beginning with byHand. If the command ends before the sign-in, the
// sign-in is called off.
func (o *loginOptions) follow(ctx context.Context, c *connection, in localapi.SignIn, byHand bool) (localapi.State, error) {
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
	reading, restore := false, func() {}
	defer func() { restore() }()
	read := func() {
		reading = true
		// A terminal unable to may still hand over enough.
		if r, err := o.widen(); err == nil {
			restore = r
		}
		pasted = o.pastes(following)
	}
	if byHand && in.Stage == localapi.StageBrowser {
		read()
	}
	progress := signInProgress{loginOptions: o, stage: in.Stage, code: in.UserCode}
	for {
		select {
		case seen, ok := <-states:
			switch {
			case following.Err() != nil:
				o.cancel(ctx, c)
				o.sayStrays(ctx, c)
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
			if (progress.lingers || progress.estranged) && o.terminal && !reading {
				read()
			}
		case text, ok := <-pasted:
			if !ok {
				pasted = nil // nothing more comes, the browser may
				continue
			}
			o.paste(following, c, text)
		}
	}
}

// stopped is the end of a sign-in by a problem. The agent would wait for an
// administrator's consent for hours, with this command gone.
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

// signInProgress says how a sign-in gets on, once for each event.
type signInProgress struct {
	*loginOptions
	stage localapi.SignInStage
	code  string // shown to the person, "" for none
	asked bool   // the person has been told of the consent
	// lingers: the person has been told the possible reasons for the browser staying away.
	lingers bool
	// estranged: the person has been told of another user's program at the listener.
	estranged bool
	// slow: the person has been told why the sign-in may take so long.
	slow bool
	// offered is the request to an administrator in case the browser asks for it.
	offered *localapi.Consent
}

// look reports if the sign-in has ended in a state, and why without anybody signed in.
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
		if in := session.SignIn; in != nil && p.code != "" && in.UserCode != "" && in.UserCode != p.code {
			p.code = in.UserCode
			p.showCode(*in)
		}
		if session.SignIn != nil && session.SignIn.Lingering && p.stage == localapi.StageBrowser && !p.lingers {
			p.lingers = true
			p.say("console.login.lingering")
			if p.terminal {
				p.say("console.login.lingering-paste")
			} else {
				p.say("console.login.lingering-send")
			}
		}
		if in := session.SignIn; in != nil && in.Stranger && p.stage == localapi.StageBrowser && !p.estranged {
			p.estranged = true
			p.say("console.login.stranger")
			if p.terminal && in.Pasteable {
				p.say("console.login.stranger-paste")
			} else {
				p.say("console.login.stranger-again")
			}
		}
		if session.SignIn != nil && session.SignIn.Lingering && p.stage == localapi.StageExchanging && !p.slow {
			p.slow = true
			p.say("console.slow-store")
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
		// Some providers show the need for an administrator and never come back.
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

// aboutConsent reports if a problem ends when an administrator agrees.
func aboutConsent(p *localapi.Problem) bool {
	return p != nil && p.Exit() == localapi.ExitConsent
}

// hand gives the person the request for an administrator, with the link alone on a line.
func (p *program) hand(c *localapi.Consent) {
	if c == nil || c.URL == "" {
		return
	}
	p.say("console.consent.link")
	fmt.Fprintln(p.progress, c.URL)
}

// sayStrays tells of answers not meant for the sign-in called off.
func (o *loginOptions) sayStrays(ctx context.Context, c *connection) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer stop()
	s, err := c.State(ctx)
	if err != nil || s.Session.Problem == nil || s.Session.Problem.Code != localapi.Cancelled {
		return
	}
	if n, err := strconv.Atoi(s.Session.Problem.Params["strays"]); err == nil && n > 0 {
		fmt.Fprintln(o.progress, o.words.Count("strays", n))
	}
}

// paste hands a paste to the agent: the address the browser ended at, or the text of a
// page with an error. Anything else is no reason to end the sign-in.
func (o *loginOptions) paste(ctx context.Context, c *connection, text string) {
	text = strings.TrimSpace(text)
	if text == "" {
		return
	}
	err := c.Paste(ctx, localapi.PasteRequest{Address: text})
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
