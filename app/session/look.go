package session

import (
	"math/rand/v2"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
)

const (
	// portalSpread spreads the tries of a company's people after their portal has
	// answered again: the provider would hear of all of them at once.
	portalSpread = 30 * time.Second
	// lookPause is the least time between two tries for somebody who looks: a program
	// that looks again and again must not ask again and again.
	lookPause = firstRetry
)

// Looked tries again at once, because somebody has begun to look and the cause of a
// failure may be gone. It does nothing while the provider wants to be left alone, and
// nothing for a sign-in to be made by the person.
func (s *Session) Looked() {
	s.state.tryWithin(0)
}

// Reached tries again within half a minute, because the portal has answered: the network
// may be well again. It does nothing in the cases of [Session.Looked].
func (s *Session) Reached() {
	s.state.tryWithin(rand.N(portalSpread))
}

// tryWithin has the session renewed within a time from now, if that may mend something.
func (s *state) tryWithin(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now(); s.where.mayMend() {
		s.when.by(now.Add(d), now)
	}
}

// mayMend says whether the trouble may be gone without anybody having signed in. The
// caller holds mu.
func (w *where) mayMend() bool {
	return w.phase == localapi.Offline ||
		w.phase == localapi.Blocked && w.who.canRenew() && w.problem != nil && retryFor(w.problem) != never
}

// CredentialChanged says that there is another secret or key of the provider with this id.
// A sign-in that waits for one is tried again at once.
func (s *Session) CredentialChanged(provider string) {
	s.state.tryCredential(provider)
	s.changed()
}

// tryCredential goes on after another secret or key has come.
func (s *state) tryCredential(provider string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.where.problem == nil || !ofCredentials(s.where.problem) {
		return
	}
	switch {
	case s.who.account == nil:
		s.where.set(localapi.SignedOut, nil) // an attempt has failed; the next one may not
	case s.who.account.Provider == provider && s.who.canRenew():
		s.when.Worked()
		s.when.At(s.now())
		s.when.poke()
	}
}

// ofCredentials says whether another secret or key may mend the problem.
func ofCredentials(p *localapi.Problem) bool {
	switch p.Code {
	case localapi.SecretMissing, localapi.SecretWrong, localapi.SecretExpired, localapi.SecretWanted,
		localapi.ClientKeyMissing, localapi.ClientKeyUnusable, localapi.ClientRejected:
		return true
	}
	return false
}
