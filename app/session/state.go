package session

import (
	"errors"
	"sync"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
	"github.com/portico-desktop/portico/auth"
)

// state is all knowledge of a session: the person, the time of the next try, the
// attempts, and the standing after them; the providers, the other accounts and the rules.
// It asks nobody and waits for nothing. mu guards all of it. After a change, its maker
// calls Params.Changed without the lock.
type state struct {
	now func() time.Time

	mu        sync.Mutex
	rules     ruling
	providers providers
	attempts  attempts
	roster    roster
	who       who
	when      when
	where     where
	silence   silence
	// resuming counts the looks for a remembered sign-in: they may wait for a key store.
	resuming int
}

func newState(now func() time.Time, memoryOnly bool) *state {
	s := &state{
		now: now, when: newWhen(now), rules: ruling{memoryOnly: memoryOnly},
		providers: providers{clients: map[string]*auth.Client{}, codes: map[string]bool{}},
		roster:    roster{aside: map[string]*auth.Tokens{}},
	}
	s.where = where{now: now, rules: &s.rules, who: &s.who, when: &s.when, phase: localapi.Starting, since: now()}
	return s
}

// nextDue is when Run has something to do, zero for not before it is told.
func (s *state) nextDue() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.attempts.busy() {
		return time.Time{}
	}
	return s.when.Due()
}

// snapshot is the state for the local contract, with its warnings.
func (s *state) snapshot() (localapi.Session, []localapi.Problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := localapi.Session{Phase: s.where.phase, Problem: s.where.problem, Consent: s.where.consent, Since: s.where.since}
	if s.who.account != nil {
		a := localAccount(*s.who.account, s.who.kept)
		out.Account, out.Provider = &a, a.Provider
	}
	if s.where.phase == localapi.Offline || s.where.phase == localapi.Blocked {
		out.NextTry = s.when.Due()
	}
	if s.attempts.active != nil {
		s.attempts.active.cover(&out)
	}
	var notices []localapi.Problem
	if s.who.unkept != nil {
		notices = append(notices, *s.who.unkept)
	}
	return out, notices
}

// person is the person signed in or known, nil for nobody.
func (s *state) person() *auth.Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.who.account == nil {
		return nil
	}
	a := *s.who.account
	return &a
}

// accept makes the provider's confirmed answer the session's state. Without tokens
// another process got it, and the key store has the sign-in. The caller holds mu.
func (s *state) accept(account auth.Account, t *auth.Tokens) {
	if s.who.account != nil && s.who.account.ID != account.ID {
		s.leave()
	}
	s.who.become(account, t, t == nil || t.Remembered())
	s.roster.signedIn(account, s.who.kept)
	s.who.unkept = nil
	if t != nil && t.SaveErr != nil {
		s.who.unkept = markUnsaved(Explain(t.SaveErr, s.providers.aboutKeeping(t), s.now()))
	}
	if s.rules.Off {
		s.where.turnOff() // it was decided meanwhile
		return
	}
	s.where.set(localapi.SignedIn, nil)
}

// resumes counts the looks for a remembered sign-in.
func (s *state) resumes(more int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.resuming += more
}

// keepsNothing says whether the key store's accounts are none of the session's business.
func (s *state) keepsNothing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rules.keepsNothing()
}

// explain is Explain by the providers as they are described now. The caller does not hold
// mu.
func (s *state) explain(err error, c *auth.Client) *localapi.Problem {
	s.mu.Lock()
	a := s.providers.about(c)
	s.mu.Unlock()
	if errors.Is(err, errRedescribed) {
		err = &localapi.Problem{Code: localapi.SignInChanged, Params: a.Params()}
	}
	return Explain(err, a, s.now())
}
