package session

import (
	"context"
	"errors"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
)

// attempt is a sign-in in preparation or under way.
type attempt struct {
	info   localapi.SignIn
	asked  localapi.SignInRequest
	client *auth.Client
	since  time.Time
	// life is the session's, or shorter by stop: from the request to the end of the
	// sign-in.
	life   context.Context
	stop   context.CancelCauseFunc
	cancel func()
	// browser is the sign-in, nil for one with a code.
	browser *auth.SignIn
	ended   chan struct{}
	// consent and problem are set during the wait for an administrator's consent.
	consent *localapi.Consent
	problem *localapi.Problem
	// offer is the request to an administrator, for a person turned away in the browser
	// without a word to Portico. It is nil if the provider has no page for the request.
	offer *localapi.Consent
	// pasted: the answer came by hand.
	pasted bool
	// replaced: another attempt takes its place, and its end is of no interest.
	replaced bool
}

// cover shows the attempt in place of the session's standing.
func (a *attempt) cover(out *localapi.Session) {
	out.Provider = a.info.Provider
	if a.consent == nil {
		info := a.info
		out.Phase, out.SignIn, out.Problem, out.Consent, out.Since = localapi.SigningIn, &info, nil, a.offer, a.since
		out.NextTry = time.Time{}
		return
	}
	consent := *a.consent
	out.Problem, out.Consent = a.problem, &consent
	if out.Phase != localapi.SignedIn {
		// People with a sign-in can go on working meanwhile.
		out.Phase, out.Since, out.NextTry = localapi.Blocked, a.since, time.Time{}
	}
}

// show gives a code to the person to enter.
func (a *attempt) show(d *auth.DeviceSignIn) {
	a.info.URL, a.info.UserCode, a.info.VerificationURL = d.URL(), d.UserCode(), d.VerificationURL()
	a.info.Started, a.info.Deadline = d.Started(), d.Deadline()
}

// end ends the attempt and waits until it has ended.
func (a *attempt) end() {
	a.cancel()
	<-a.ended
}

// isCancelled says whether somebody wanted the attempt to end.
func (a *attempt) isCancelled() bool { return errors.Is(context.Cause(a.life), auth.ErrCancelled) }

// waiter is the common part of a browser and a device sign-in.
type waiter interface {
	Wait() (*auth.Tokens, error)
	Cancel()
}

// letGo ends a sign-in without anybody waiting for it, and frees its port.
func letGo(w waiter) {
	w.Cancel()
	_, _ = w.Wait()
}
