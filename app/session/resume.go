package session

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/portico-desktop/portico/app/backoff"
	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
	"github.com/portico-desktop/portico/auth/vault"
)

const (
	// storeLate is how long the key store may take to come up at log-on.
	storeLate = 2 * time.Minute
	storeStep = 2 * time.Second
)

// Resume looks for a remembered sign-in and renews it. At log-on the key store
// may be late: with patience set it is asked again for two minutes before its
// absence is believed. When ctx ends first, it goes on all the same.
func (s *Session) Resume(ctx context.Context, patience bool) {
	_ = s.life.during(ctx, func(run context.Context) error {
		s.starts.resume(run, patience)
		return nil
	})
}

// Rest leaves remembered people signed out, until somebody signs in or is chosen.
func (s *Session) Rest() { s.starts.rest() }

// starts looks for a remembered sign-in, and goes on with it. It holds nothing.
type starts struct {
	state   *state
	store   *auth.Accounts
	renew   func(ctx context.Context) error
	changed func()
}

// rest is Session.Rest.
func (s *starts) rest() {
	s.state.mu.Lock()
	if s.state.who.account == nil && s.state.where.phase == localapi.Starting {
		s.state.where.set(localapi.SignedOut, nil)
	}
	s.state.mu.Unlock()
	s.changed()
}

// resume is Session.Resume.
func (s *starts) resume(ctx context.Context, patience bool) {
	s.state.resumes(1)
	defer s.state.resumes(-1)
	s.goOn(ctx, patience)
}

// goOn makes the last used account the session's, and renews its sign-in.
func (s *starts) goOn(ctx context.Context, patience bool) {
	if s.state.turnedOff() != nil {
		return
	}
	if s.state.keepsNothing() {
		s.rest()
		return
	}
	f := s.look(ctx, patience)
	if ctx.Err() != nil {
		return
	}
	s.state.mu.Lock()
	if s.state.roster.edition != f.edition || !f.whole && s.state.providers.toEnter(f.known) != len(f.known)-1 {
		s.state.mu.Unlock()
		s.goOn(ctx, false) // somebody was signed out meanwhile, or in, or the providers are others
		return
	}
	if s.state.attempts.active != nil || s.state.who.account != nil || s.state.rules.Off {
		s.state.mu.Unlock() // somebody signs in, or has, meanwhile
		return
	}
	if f.whole {
		s.state.roster.list = &storeList{f.known, f.err}
	}
	if f.err != nil && len(f.known) == 0 {
		s.state.where.resumeWithoutStore(f.err)
		s.state.mu.Unlock()
		s.changed()
		return
	}
	renew := false
	s.state.where.set(localapi.SignedOut, nil)
	if at := s.state.providers.toEnter(f.known); at >= 0 {
		renew = s.state.enter(f.known[at], nil)
	}
	s.state.mu.Unlock()
	s.changed()
	if renew {
		_ = s.renew(ctx)
	}
}

// finding is the result of a look into the key store. It holds as long as the edition
// stays the same.
type finding struct {
	known   []auth.Known
	edition int
	// whole: known are all there are, as far as err lets them be read. Otherwise the last
	// of them is the one for the session.
	whole bool
	err   error
}

// look reads the key store up to the account for the session: the others are read when
// somebody asks for them, and no start waits for them. patience is as in Session.Resume.
func (s *starts) look(ctx context.Context, patience bool) finding {
	for waited, step := time.Duration(0), storeStep; ; step = min(2*step, 30*time.Second) {
		f := s.lookOnce(ctx)
		if !patience || waited >= storeLate || !comesUp(f.err) {
			return f
		}
		wait := backoff.Around(step)
		waited += wait
		if !sleep(ctx, wait) {
			return finding{edition: f.edition, whole: true, err: context.Cause(ctx)}
		}
	}
}

func (s *starts) lookOnce(ctx context.Context) (f finding) {
	s.state.mu.Lock()
	f.edition = s.state.roster.edition
	s.state.mu.Unlock()
	for k, err := range s.store.Each(ctx) {
		if err != nil {
			f.err = err
			continue
		}
		f.known = append(f.known, k)
		s.state.mu.Lock()
		at := slices.IndexFunc(f.known, s.state.providers.mayEnter)
		s.state.mu.Unlock()
		if at == len(f.known)-1 && k.Remembered {
			return f // without a sign-in nothing waits for the rest
		}
	}
	f.whole = true
	return f
}

// enter makes a known account the session's, with its tokens in memory, and says whether
// it can be renewed. The caller holds mu.
func (s *state) enter(k auth.Known, tokens *auth.Tokens) (renew bool) {
	account := k.Account
	s.who.become(account, tokens, k.Remembered)
	if s.rules.Off {
		s.where.turnOff()
		return false
	}
	if s.who.canRenew() {
		s.silence = silence{due: true}
		s.where.set(localapi.Starting, nil)
		return true
	}
	// An ended sign-in leaves the account behind without it.
	code := localapi.SignInExpired
	if k.Lost {
		code = localapi.SignInNotSaved
	}
	s.where.set(localapi.NeedsSignIn, &localapi.Problem{Code: code, Params: s.providers.about(s.providers.clientFor(account)).Params()})
	return false
}

// comesUp says whether waiting can help: the key store is not there yet or does not
// answer yet, or its prompt is still open. After a dismissed prompt, every further try
// would only open another one.
func comesUp(err error) bool {
	switch vault.KindOf(err) {
	case vault.Missing, vault.NotSetUp, vault.Silent:
		return true
	case vault.Locked:
		return errors.Is(err, context.DeadlineExceeded)
	}
	return false
}

// resumeWithoutStore: without any key store people can still work, and hear that they
// will have to sign in again. A key store that is there but does not open may hold a
// sign-in, and is worth mending first.
func (w *where) resumeWithoutStore(err error) {
	p := Explain(err, About{}, w.now())
	if p.Code == localapi.KeyStoreMissing || p.Code == localapi.KeyStoreNotSetUp {
		w.who.unkept = p
		w.set(localapi.SignedOut, nil)
		return
	}
	w.set(localapi.Blocked, p)
}

// unread is the key store's problem while the remembered people are unknown because of
// it, nil otherwise. A missing store may have come since. The caller holds mu.
func (w *where) unread() *localapi.Problem {
	p := w.problem
	if w.phase == localapi.SignedOut {
		p = w.who.unkept
	} else if w.phase != localapi.Blocked {
		return nil
	}
	if w.who.account != nil || p == nil || p.Exit() != localapi.ExitKeyStore {
		return nil
	}
	return p
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

// Refresh renews the sign-in silently, if there is one, and records the outcome, for
// somebody who looks: a key store that did not open is looked into again, and offered
// again the sign-ins it did not take. The error is the problem of the state. When ctx
// ends first, the renewal goes on.
func (s *Session) Refresh(ctx context.Context) error {
	return s.life.during(ctx, func(run context.Context) error {
		s.saves.again(run)
		return s.starts.refresh(run)
	})
}

// refresh is Refresh, without another try for sign-ins not taken by the key store.
func (s *starts) refresh(ctx context.Context) error {
	s.state.mu.Lock()
	again := s.state.where.unread() != nil
	if again {
		s.state.who.unkept = nil
		s.state.where.set(localapi.Starting, nil)
	}
	s.state.mu.Unlock()
	if !again {
		return s.renew(ctx)
	}
	s.goOn(ctx, false)
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	if s.state.where.problem == nil {
		return nil
	}
	return s.state.where.problem
}
