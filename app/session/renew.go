package session

import (
	"context"
	"errors"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/vault"
)

// Resume looks for a remembered sign-in and renews it. At log-on the key store
// may be late: with patience set it is asked again for two minutes before its
// absence is believed. When ctx ends first, it goes on all the same.
func (s *Session) Resume(ctx context.Context, patience bool) {
	_ = s.during(ctx, func(run context.Context) error {
		s.resume(run, patience)
		return nil
	})
}

func (s *Session) resume(ctx context.Context, patience bool) {
	var known []auth.Known
	var err error
	for waited, step := time.Duration(0), storeStep; ; step = min(2*step, 30*time.Second) {
		known, err = auth.Accounts(ctx, s.p.Store)
		if !patience || waited >= storeLate || !comesUp(err) {
			break
		}
		wait := jitter(step)
		waited += wait
		if !sleep(ctx, wait) {
			return
		}
	}
	s.mu.Lock()
	if s.active != nil || s.account != nil {
		s.mu.Unlock() // somebody signs in, or has, meanwhile
		return
	}
	if err != nil && len(known) == 0 {
		s.resumeWithoutStore(err)
		s.mu.Unlock()
		s.changed()
		return
	}
	s.account, s.kept = nil, false
	remembered := false
	for _, k := range known {
		if s.clientFor(k.Account) != nil {
			s.account, s.kept, remembered = &k.Account, k.Remembered, k.Remembered
			break
		}
	}
	switch {
	case s.account == nil:
		s.set(localapi.SignedOut, nil)
	case !remembered:
		// The account without its sign-in is what an ended one leaves behind.
		s.set(localapi.NeedsSignIn, &localapi.Problem{Code: localapi.SignInExpired, Params: map[string]string{"title": s.title(s.clientFor(*s.account))}})
	default:
		s.set(localapi.Starting, nil) // it was SignedOut if the providers came late
	}
	s.mu.Unlock()
	s.changed()
	if remembered {
		_ = s.renew(ctx)
	}
}

// comesUp says whether waiting can help: a key store that is not there yet or
// does not answer yet, or whose prompt is still open. After a dismissed prompt,
// every further try would only open another one.
func comesUp(err error) bool {
	switch vault.KindOf(err) {
	case vault.Missing, vault.Silent:
		return true
	case vault.Locked:
		return errors.Is(err, context.DeadlineExceeded)
	}
	return false
}

// resumeWithoutStore: without any key store people can still work, and are told
// that they will have to sign in again; a key store that is there but does not
// open may hold a sign-in, and is worth mending first.
func (s *Session) resumeWithoutStore(err error) {
	p := Explain(err, About{}, s.now())
	if p.Code == localapi.KeyStoreMissing {
		s.storeGone = p
		s.set(localapi.SignedOut, nil)
		return
	}
	s.set(localapi.Blocked, p)
}

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// Refresh renews the sign-in silently, if there is one, and records what came of
// it. A key store that did not open is looked into again. The error is the
// problem that the state shows as well. When ctx ends first, the renewal goes on.
func (s *Session) Refresh(ctx context.Context) error { return s.during(ctx, s.refresh) }

func (s *Session) refresh(ctx context.Context) error {
	s.mu.Lock()
	again := s.phase == localapi.Blocked && s.account == nil
	if again {
		s.phase = localapi.Starting
	}
	s.mu.Unlock()
	if !again {
		return s.renew(ctx)
	}
	s.resume(ctx, false)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.problem == nil {
		return nil
	}
	return s.problem
}

func (s *Session) renew(ctx context.Context) error {
	s.refreshing.Lock()
	defer s.refreshing.Unlock()
	s.mu.Lock()
	if s.account == nil || s.active != nil || !s.worthTrying() {
		s.due = time.Time{}
		s.mu.Unlock()
		return nil
	}
	account, tokens := *s.account, s.tokens
	client := s.clientFor(account)
	if client == nil {
		s.due = time.Time{}
		s.mu.Unlock()
		return nil
	}
	s.mu.Unlock()
	t, err := client.Refresh(ctx, account.ID, tokens)
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s.mu.Lock()
	defer s.changed()
	defer s.mu.Unlock()
	if s.account == nil || s.account.ID != account.ID {
		return nil // signed out, or signed in as somebody else, meanwhile
	}
	if err == nil {
		s.accept(t)
		return nil
	}
	p := Explain(err, about(client), s.now())
	var refused *auth.ProviderError
	if errors.As(err, &refused) {
		s.claims = refused.Claims
	}
	phase := phaseFor(p)
	if errors.Is(err, auth.ErrNoSignIn) {
		s.tokens, s.kept = nil, false
	}
	var trouble *vault.Error
	if errors.As(err, &trouble) && s.phase == localapi.SignedIn {
		// The key store broke while somebody is signed in: they stay so.
		s.storeGone, phase, p = p, localapi.SignedIn, nil
	}
	s.settle(phase, p)
	if p == nil {
		return nil
	}
	return p
}

// worthTrying is false where only the person can go on. The caller holds mu.
func (s *Session) worthTrying() bool {
	switch s.phase {
	case localapi.SignedIn, localapi.Offline, localapi.Starting:
		return true
	case localapi.Blocked, localapi.SignedOut:
		return s.kept // signed out and kept: after a sign-in that came to nothing
	case localapi.NeedsSignIn:
		return s.kept && s.problem != nil && s.problem.Code != localapi.SignInExpired
	}
	return false
}
