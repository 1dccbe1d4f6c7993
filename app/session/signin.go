package session

import (
	"context"
	"errors"
	"log/slog"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
)

// errRedescribed ends an attempt because its provider is described otherwise by now, or
// is gone.
var errRedescribed = errors.New("the provider is described otherwise than when the sign-in began")

// SignIn prepares a sign-in; see [localapi.Agent]. Preparing ends when ctx does, or with
// CancelSignIn, and begins again if the provider's description changes meanwhile. A
// prepared sign-in lives as long as the session.
func (s *Session) SignIn(ctx context.Context, req localapi.SignInRequest) (localapi.SignIn, error) {
	return s.signIns.prepare(ctx, req)
}

// CancelSignIn ends a sign-in, in preparation or under way, and waits until it has ended,
// or stops waiting for an administrator's consent.
func (s *Session) CancelSignIn() { s.signIns.cancel() }

// Paste completes or ends a sign-in under way by hand; see [localapi.Agent].
func (s *Session) Paste(text string) error { return s.following.paste(text) }

// signIns prepares sign-ins, one after the other, and ends them. The state's mu guards the
// attempts.
type signIns struct {
	state     *state
	life      *life
	following *following
	consents  *consents
	pages     *pages
	// starting keeps sign-ins from being prepared side by side.
	starting turn
	// renew is Params.Renew.
	renew func(ctx context.Context)
	// warm prepares the first request to a provider, beside other work before it.
	warm func(*auth.Client)
	// learns: the session remembers the providers with codes.
	learns  bool
	changed func()
	log     *slog.Logger
}

// prepare is Session.SignIn.
func (s *signIns) prepare(ctx context.Context, req localapi.SignInRequest) (localapi.SignIn, error) {
	renew := s.renew
	for {
		in, err := s.prepareOnce(ctx, req, renew)
		renew = nil // the changed descriptions have just been read
		if !errors.Is(err, errRedescribed) {
			return in, err
		}
	}
}

// prepareOnce is prepare by the providers as they are described now, and ends with
// errRedescribed when the description has changed.
func (s *signIns) prepareOnce(ctx context.Context, req localapi.SignInRequest, renew func(context.Context)) (localapi.SignIn, error) {
	if p := s.state.turnedOff(); p != nil {
		return localapi.SignIn{}, p
	}
	a := s.newAttempt(req)
	stay := context.AfterFunc(ctx, func() { a.stop(context.Cause(ctx)) })
	defer stay()
	defer s.unlessUnderWay(a)
	if !s.starting.take(a.life) {
		return localapi.SignIn{}, s.whyStopped(ctx, a)
	}
	defer s.starting.give()
	if renew != nil {
		renew(a.life)
	}
	if a.life.Err() != nil {
		return localapi.SignIn{}, s.whyStopped(ctx, a)
	}
	if err := s.choose(a); err != nil {
		return localapi.SignIn{}, err
	}
	if same := s.underWay(a); same != nil {
		info := s.following.again(a.life, same, req)
		if a.life.Err() != nil {
			return localapi.SignIn{}, s.whyStopped(ctx, a)
		}
		return info, nil
	}
	options := s.options(a)
	former := s.replaceAttempt()
	w, returned, err := s.begin(a.life, options, a)
	if err == nil && !stay() {
		letGo(w)
		err = context.Cause(ctx)
	}
	if err == nil {
		a.offer = s.consents.offer(a.client, options.LoginHint)
		if info, ok := s.goOn(a, w, returned, options.LoginHint); ok {
			s.changed()
			return info, nil
		}
		letGo(w)
	}
	return localapi.SignIn{}, s.cameToNothing(ctx, a, former, err, options.LoginHint)
}

// newAttempt is a request for a sign-in, for CancelSignIn to end from now on.
func (s *signIns) newAttempt(req localapi.SignInRequest) *attempt {
	a := &attempt{asked: req, since: s.state.now(), ended: make(chan struct{})}
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	a.life, a.stop = context.WithCancelCause(s.life.context())
	a.cancel = func() { a.stop(auth.ErrCancelled) }
	s.state.attempts.preparing = append(s.state.attempts.preparing, a)
	return a
}

// replaceAttempt ends a sign-in under way, because it may hold the port needed by the
// next one, and shows it until the next one is there or drop is called.
func (s *signIns) replaceAttempt() *attempt {
	s.state.mu.Lock()
	a := s.state.attempts.active
	if a != nil {
		a.replaced = true
	}
	s.state.mu.Unlock()
	if a != nil {
		a.end()
	}
	return a
}

// drop stops showing an ended attempt.
func (s *signIns) drop(a *attempt) {
	s.state.mu.Lock()
	if a != nil && s.state.attempts.active == a {
		s.state.attempts.active = nil
		if s.state.where.phase == localapi.Starting && !s.state.where.startAgain() {
			s.state.where.set(localapi.SignedOut, nil) // the silent start gave way to it for good
		}
		s.state.when.poke()
	}
	s.state.mu.Unlock()
	s.changed()
}

// whyStopped is why an attempt has ended before it began anything.
func (s *signIns) whyStopped(ctx context.Context, a *attempt) error {
	switch {
	case ctx.Err() != nil && !a.isCancelled():
		return context.Cause(ctx)
	case errors.Is(context.Cause(a.life), errRedescribed):
		return errRedescribed
	}
	return s.state.explain(context.Cause(a.life), a.client)
}

// unlessUnderWay ends an attempt unless it has become a sign-in under way.
func (s *signIns) unlessUnderWay(a *attempt) {
	s.state.mu.Lock()
	preparing := s.state.attempts.prepared(a)
	s.state.mu.Unlock()
	if preparing {
		a.stop(nil)
		close(a.ended)
	}
}

// goOn makes the attempt the sign-in under way, unless its provider or the session is no
// more.
func (s *signIns) goOn(a *attempt, w waiter, returned <-chan struct{}, hint string) (info localapi.SignIn, ok bool) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	if !s.state.providers.use(a.client) || !s.life.begin(func(context.Context) { s.following.finish(a, w, hint) }) {
		return localapi.SignIn{}, false
	}
	s.state.attempts.goOn(a)
	s.warm(a.client)
	if returned != nil {
		s.life.begin(func(context.Context) { s.following.exchanging(a, returned) })
		s.life.begin(func(context.Context) { s.following.lingering(a, returned) })
		s.life.begin(func(context.Context) { s.following.estranged(a, a.browser.Stranger(), returned) })
	}
	if s.learns {
		s.life.begin(func(run context.Context) { s.learnCodes(run, a.client) })
	}
	return a.info, true
}

// cameToNothing is why there is no sign-in, and shows it, but only to people who have
// asked for it: when only the caller has gone, nothing has happened.
func (s *signIns) cameToNothing(ctx context.Context, a, former *attempt, err error, hint string) error {
	s.drop(former)
	s.state.mu.Lock()
	gone, over := !s.state.providers.use(a.client), s.life.isOver()
	s.state.mu.Unlock()
	switch {
	case over:
		return &localapi.Problem{Code: localapi.AgentGone}
	case a.isCancelled():
		err = auth.ErrCancelled
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case gone:
		return errRedescribed
	}
	s.following.ended(a, err, hint)
	return s.state.explain(err, a.client)
}

// MayGiveCodes says whether a device sign-in may be offered with a provider. Before its
// metadata are read the answer is a guess, and yes.
func (s *Session) MayGiveCodes(provider string) bool {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	return s.state.providers.mayGiveCodes(provider)
}

// learnCodes remembers the codes from the metadata. These have just been read and lie on
// disk.
func (s *signIns) learnCodes(ctx context.Context, client *auth.Client) {
	m, err := client.Metadata(ctx)
	if err != nil {
		return
	}
	id, gives := client.Provider().ID, m.DeviceEndpoint != ""
	s.state.mu.Lock()
	news := s.state.providers.learnt(id, gives)
	s.state.mu.Unlock()
	if news {
		s.changed()
	}
}
