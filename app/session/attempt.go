package session

import (
	"context"
	"errors"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
)

// attempt is a sign-in that is being prepared or under way.
type attempt struct {
	info   localapi.SignIn
	asked  localapi.SignInRequest
	client *auth.Client
	since  time.Time
	// life is the session's, or shorter where stop says so: it lasts from the
	// request to the end of the sign-in.
	life   context.Context
	stop   context.CancelCauseFunc
	cancel func()
	// browser is the sign-in, nil for one with a code.
	browser *auth.SignIn
	ended   chan struct{}
	// consent and problem are set while an administrator's consent is waited for.
	consent *localapi.Consent
	problem *localapi.Problem
	// offer is the request to an administrator for whom the browser turns away and
	// does not say so here, nil where there is no page for it.
	offer *localapi.Consent
	// pasted: the answer came by hand.
	pasted bool
	// replaced: another attempt takes its place, and how it ends is of no interest.
	replaced bool
}

// cover shows the attempt in place of where the session stands.
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
		// Whoever is signed in already can go on working meanwhile.
		out.Phase, out.Since, out.NextTry = localapi.Blocked, a.since, time.Time{}
	}
}

// show makes a code what the person has to enter.
func (a *attempt) show(d *auth.DeviceSignIn) {
	a.info.URL, a.info.UserCode, a.info.VerificationURL = d.URL(), d.UserCode(), d.VerificationURL()
	a.info.Started, a.info.Deadline = d.Started(), d.Deadline()
}

// newCode shows that the attempt goes on with another code.
func (s *Session) newCode(a *attempt, d *auth.DeviceSignIn) {
	s.mu.Lock()
	a.show(d)
	a.info.NewCode = true
	s.mu.Unlock()
	s.changed()
}

// end ends the attempt and waits until it has ended.
func (a *attempt) end() {
	a.cancel()
	<-a.ended
}

// isCancelled says whether somebody wanted the attempt to end.
func (a *attempt) isCancelled() bool { return errors.Is(context.Cause(a.life), auth.ErrCancelled) }

// waiter is what a browser and a device sign-in have in common.
type waiter interface {
	Wait() (*auth.Tokens, error)
	Cancel()
}

// letGo ends a sign-in that nobody waits for, and frees its port.
func letGo(w waiter) {
	w.Cancel()
	_, _ = w.Wait()
}

// newAttempt is a request for a sign-in that CancelSignIn can end from now on.
func (s *Session) newAttempt(req localapi.SignInRequest) *attempt {
	a := &attempt{asked: req, since: s.now(), ended: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	a.life, a.stop = context.WithCancelCause(s.life.context())
	a.cancel = func() { a.stop(auth.ErrCancelled) }
	s.attempts.preparing = append(s.attempts.preparing, a)
	return a
}

// replaceAttempt ends a sign-in under way, which may hold the port that the next
// one needs, and shows it until the next one is there or drop is called.
func (s *Session) replaceAttempt() *attempt {
	s.mu.Lock()
	a := s.attempts.active
	if a != nil {
		a.replaced = true
	}
	s.mu.Unlock()
	if a != nil {
		a.end()
	}
	return a
}

// drop stops showing an attempt that has ended.
func (s *Session) drop(a *attempt) {
	s.mu.Lock()
	if a != nil && s.attempts.active == a {
		s.attempts.active = nil
		if s.phase == localapi.Starting && !s.startAgain() {
			s.set(localapi.SignedOut, nil) // the silent start gave way to it for good
		}
		s.when.poke()
	}
	s.mu.Unlock()
	s.changed()
}

// exchanging shows that the browser has come back.
func (s *Session) exchanging(a *attempt, returned <-chan struct{}) {
	select {
	case <-returned:
	case <-a.ended:
		return
	}
	s.mu.Lock()
	if s.attempts.active == a {
		a.info.Stage, a.info.Lingering, a.info.Stranger = localapi.StageExchanging, false, false
	}
	s.mu.Unlock()
	s.changed()
	s.unfinished(a)
}

func (s *Session) finish(a *attempt, w waiter, hint string) {
	tokens, err := w.Wait()
	a.stop(nil)
	defer close(a.ended)
	if err != nil {
		s.ended(a, err, hint)
		return
	}
	s.mu.Lock()
	if !a.replaced {
		s.attempts.over(a)
	}
	s.accept(tokens.Account, tokens)
	s.silence = silence{}
	forget := a.info.MemoryOnly && !s.p.MemoryOnly
	if forget {
		s.who.unkept = nil // which is as it was wanted; a rehearsal tells what would be
	}
	s.mu.Unlock()
	run := s.life.context()
	s.recordAttempt(a, &tokens.Account, nil)
	s.changed()
	if forget {
		// Whoever does not want to be remembered does not want to be remembered
		// from before either.
		if err := a.client.Unremember(context.WithoutCancel(run), tokens.Account.ID); err != nil {
			s.log.Warn("the account's earlier sign-in is still in the key store", "account", tokens.Account.ID, "error", err)
		}
	}
	s.listAgain(run)
}

// ended records an attempt that signed nobody in.
func (s *Session) ended(a *attempt, err error, hint string) {
	p := s.explain(err, a.client)
	s.mu.Lock()
	if a.replaced {
		s.mu.Unlock()
		return
	}
	consent, waited := a.consent, a.problem
	s.mu.Unlock()
	switch {
	case consent == nil:
		consent = s.consentFor(a.client, p, "", hint)
	case p.Code == localapi.TimedOut:
		// Nobody consented for hours; that is still what stands in the way.
		p, consent = waited, given(consent)
	default:
		consent = nil
	}
	s.mu.Lock()
	s.attempts.over(a)
	s.fail(p)
	s.offerConsent(p, consent)
	s.when.poke() // what was due meanwhile
	s.mu.Unlock()
	s.recordAttempt(a, nil, p)
	s.changed()
}

// accept makes the provider's confirmed answer the session's state. Without tokens it
// was another process that got it, and the key store has the sign-in. The caller holds
// mu.
func (s *Session) accept(account auth.Account, t *auth.Tokens) {
	if s.who.account != nil && s.who.account.ID != account.ID {
		s.leave()
	}
	s.who.become(account, t, t == nil || t.Remembered())
	s.roster.signedIn(account, s.who.kept)
	s.who.unkept = nil
	if t != nil && t.SaveErr != nil {
		s.who.unkept = markUnsaved(Explain(t.SaveErr, s.aboutKeeping(t), s.now()))
	}
	if s.rules.Off {
		s.turnOff() // it was decided meanwhile
		return
	}
	s.set(localapi.SignedIn, nil)
}

// aboutKeeping says whose fault it is that a sign-in could not be kept: the
// provider's where it gave nothing to keep, and otherwise the key store's. The caller
// holds mu.
func (s *Session) aboutKeeping(t *auth.Tokens) About {
	var none *auth.NoRefreshTokenError
	if !errors.As(t.SaveErr, &none) {
		return About{}
	}
	return s.providers.about(s.providers.clientFor(t.Account))
}

// CancelSignIn ends a sign-in that is being prepared or under way and waits until
// it has ended, or stops waiting for an administrator's consent.
func (s *Session) CancelSignIn() {
	if s.endAttempt() {
		return
	}
	s.mu.Lock()
	waiting := s.consent != nil && s.consent.Waiting
	if waiting {
		s.consent = given(s.consent)
		s.when.Stop()
		s.when.poke()
	}
	s.mu.Unlock()
	if waiting {
		s.changed()
	}
}

// endAttempt ends what is being prepared and a sign-in under way, and says whether
// there was any.
func (s *Session) endAttempt() bool {
	s.mu.Lock()
	all := s.attempts.all()
	s.mu.Unlock()
	for _, a := range all {
		a.cancel()
	}
	for _, a := range all {
		<-a.ended
	}
	return len(all) > 0
}

// stopPreparing ends what is being prepared, without waiting for it.
func (s *Session) stopPreparing() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.attempts.preparing {
		a.cancel()
	}
}

// endActive ends a sign-in under way. The caller holds starting.
func (s *Session) endActive() {
	s.mu.Lock()
	a := s.attempts.active
	s.mu.Unlock()
	if a != nil {
		a.end()
	}
}
