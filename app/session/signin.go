package session

import (
	"context"
	"strings"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/loopback"
)

// attempt is a sign-in under way, and where the session stood before it.
type attempt struct {
	info   localapi.SignIn
	client *auth.Client
	device bool
	cancel func()
	ended  chan struct{}
	before localapi.Phase
}

// waiter is what a browser and a device sign-in have in common.
type waiter interface {
	Wait() (*auth.Tokens, error)
	Cancel()
}

// SignIn prepares a sign-in; see [localapi.Agent].
func (s *Session) SignIn(ctx context.Context, req localapi.SignInRequest) (localapi.SignIn, error) {
	s.starting.Lock()
	defer s.starting.Unlock()
	client, err := s.choose(req)
	if err != nil {
		return localapi.SignIn{}, err
	}
	if current, ok := s.underWay(client.Provider().ID, req.Device); ok {
		return current, nil
	}
	s.CancelSignIn()

	s.mu.Lock()
	run := s.run
	options := auth.BeginOptions{LoginHint: req.Account, Timeout: req.Timeout, Page: s.page(client)}
	if s.account != nil && s.account.Provider == client.Provider().ID {
		options.Claims = s.claims
		if options.LoginHint == "" {
			options.LoginHint = s.account.Email
		}
	}
	s.mu.Unlock()

	a := &attempt{client: client, device: req.Device, ended: make(chan struct{})}
	w, returned, err := s.begin(run, client, options, a)
	if err != nil {
		p := Explain(err, about(client), s.now())
		s.mu.Lock()
		s.fail(s.phase, p)
		s.mu.Unlock()
		s.changed()
		return localapi.SignIn{}, p
	}
	a.cancel = w.Cancel
	s.mu.Lock()
	if gone := s.clients[a.info.Provider] != client; gone || s.over {
		s.mu.Unlock()
		w.Cancel()
		_, _ = w.Wait() // lets go of the port
		if gone {
			return localapi.SignIn{}, &localapi.Problem{Code: localapi.UnknownProvider, Params: map[string]string{"provider": a.info.Provider}}
		}
		return localapi.SignIn{}, &localapi.Problem{Code: localapi.AgentGone}
	}
	a.before = s.phase
	s.active = a
	s.set(localapi.SigningIn, nil)
	s.work.Go(func() { s.finish(client, a, w) })
	if returned != nil {
		s.work.Go(func() { s.exchanging(a, returned) })
	}
	info := a.info
	s.mu.Unlock()
	s.changed()
	return info, nil
}

func (s *Session) begin(run context.Context, client *auth.Client, o auth.BeginOptions, a *attempt) (waiter, <-chan struct{}, error) {
	id := client.Provider().ID
	if a.device {
		d, err := client.BeginDevice(run, o)
		if err != nil {
			return nil, nil, err
		}
		a.info = localapi.SignIn{Provider: id, Stage: localapi.StageDevice, URL: d.URL(), UserCode: d.UserCode(),
			VerificationURL: d.VerificationURL(), Started: d.Started(), Deadline: d.Deadline()}
		return d, nil, nil
	}
	in, err := client.Begin(run, o)
	if err != nil {
		return nil, nil, err
	}
	a.info = localapi.SignIn{Provider: id, Stage: localapi.StageBrowser, URL: in.URL(), Started: in.Started(), Deadline: in.Deadline()}
	return in, in.Returned(), nil
}

// choose finds the provider that a request means: the one it names, or the only
// one there is.
func (s *Session) choose(req localapi.SignInRequest) (*auth.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := req.Provider
	ids := make([]string, len(s.providers))
	for i, p := range s.providers {
		ids[i] = p.ID
	}
	offered := strings.Join(ids, ", ")
	switch {
	case len(s.providers) == 0:
		return nil, &localapi.Problem{Code: localapi.NoPortal}
	case id == "" && len(s.providers) == 1:
		id = s.providers[0].ID
	case id == "" && s.account != nil && s.clients[s.account.Provider] != nil:
		id = s.account.Provider
	case id == "":
		return nil, &localapi.Problem{Code: localapi.ChooseProvider, Params: map[string]string{"providers": offered}}
	}
	if c := s.clients[id]; c != nil {
		return c, nil
	}
	return nil, &localapi.Problem{Code: localapi.UnknownProvider, Params: map[string]string{"provider": id, "providers": offered}}
}

func (s *Session) underWay(provider string, device bool) (localapi.SignIn, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.active != nil && s.active.info.Provider == provider && s.active.device == device {
		return s.active.info, true
	}
	return localapi.SignIn{}, false
}

// exchanging shows that the browser has come back.
func (s *Session) exchanging(a *attempt, returned <-chan struct{}) {
	select {
	case <-returned:
	case <-a.ended:
		return
	}
	s.mu.Lock()
	if s.active == a {
		a.info.Stage = localapi.StageExchanging
	}
	s.mu.Unlock()
	s.changed()
}

func (s *Session) finish(client *auth.Client, a *attempt, w waiter) {
	tokens, err := w.Wait()
	defer close(a.ended)
	s.mu.Lock()
	if s.active == a {
		s.active = nil
	}
	if err != nil {
		s.fail(a.before, Explain(err, about(client), s.now()))
		s.mu.Unlock()
		s.changed()
		return
	}
	before, beforeTokens, beforeClient := s.account, s.tokens, (*auth.Client)(nil)
	if before != nil && before.ID != tokens.Account.ID {
		beforeClient = s.clientFor(*before)
	}
	s.accept(tokens)
	run := s.run
	s.mu.Unlock()
	s.changed()
	if beforeClient != nil {
		// One person at a time: whoever was here before is signed out properly.
		s.refreshing.Lock()
		defer s.refreshing.Unlock()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(run), farewell)
		defer cancel()
		_ = beforeClient.SignOut(ctx, before.ID, beforeTokens)
	}
}

// accept makes the provider's confirmed answer the session's state. The caller
// holds mu.
func (s *Session) accept(t *auth.Tokens) {
	account := t.Account
	s.account, s.tokens, s.kept, s.claims = &account, t, t.Remembered(), ""
	s.storeGone = nil
	if t.SaveErr != nil {
		s.storeGone = Explain(t.SaveErr, About{}, s.now())
	}
	s.settle(localapi.SignedIn, nil)
}

// fail returns to where the session stood before an attempt, and says why the
// attempt ended. The caller holds mu.
func (s *Session) fail(before localapi.Phase, p *localapi.Problem) {
	phase := before
	switch before {
	case localapi.SignedIn:
		// Somebody is signed in already; their session has not suffered, but
		// whoever tried is told.
	case localapi.Offline, localapi.NeedsSignIn:
	default:
		phase = phaseFor(p)
		if phase == localapi.Offline || phase == localapi.NeedsSignIn && s.account == nil {
			// Offline is for people who are known; a stranger is still signed out.
			phase = localapi.SignedOut
		}
	}
	s.set(phase, p)
}

// CancelSignIn ends a sign-in under way and waits until it has ended.
func (s *Session) CancelSignIn() {
	s.mu.Lock()
	a := s.active
	s.mu.Unlock()
	if a != nil {
		a.cancel()
		<-a.ended
	}
}

func (s *Session) page(client *auth.Client) func(*auth.Tokens, error) loopback.Page {
	if s.p.Page == nil {
		return nil
	}
	return func(t *auth.Tokens, err error) loopback.Page {
		if err != nil {
			return s.p.Page(nil, Explain(err, about(client), s.now()))
		}
		who := localAccount(t.Account, t.Remembered())
		return s.p.Page(&who, nil)
	}
}
