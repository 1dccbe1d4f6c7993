package session

import "github.com/portico-desktop/portico/app/localapi"

// AtRest says whether the session could end now, and another one begin in its place from
// the key store, without anybody noticing. It is false while somebody signs in or waits
// for an administrator, during a renewal, and while a sign-in is held in memory alone. It
// is false while the provider wants to be left alone too: the next session would not know
// of it.
func (s *Session) AtRest() bool { return s.renewals.unlessRenewing(s.state.atRest) }

// atRest is AtRest between renewals.
func (s *state) atRest() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.attempts.active != nil, len(s.attempts.preparing) > 0, len(s.roster.aside) > 0:
		return false
	case s.where.phase == localapi.Starting && s.who.account != nil, s.resuming > 0, s.now().Before(s.when.NotBefore()):
		return false
	case s.who.tokens == nil:
		return true
	}
	return s.who.kept && s.who.tokens.Remembered() && !s.rules.keepsNothing()
}
