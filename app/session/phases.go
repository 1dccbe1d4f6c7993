package session

import (
	"math/rand/v2"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
)

const (
	// renewAfter is how often a sign-in in use is confirmed, so that one that was
	// ended elsewhere, or would lapse unused, does not stay on the screen.
	renewAfter = 8 * time.Hour
	// firstRetry and offlineRetry bound the backoff while offline. With its jitter the
	// last one is never later than five minutes: an outage ends without a word to us.
	firstRetry   = 4 * time.Second
	offlineRetry = 4 * time.Minute
	// slowRetry is the first wait where somebody has to act before another try can
	// succeed, and lastRetry the last one there, and with a provider that finds us
	// asking too often.
	slowRetry = time.Minute
	lastRetry = 15 * time.Minute
	// rareRetry is about how long a sign-in is left alone whose provider wants to see
	// the person, and keeps what is kept: the next start tries as well.
	rareRetry = 24 * time.Hour
	// pause is what a provider wants that finds us asking too often and does not
	// say how long.
	pause = 5 * time.Minute
)

// retry says when a problem is worth another try without the person.
type retry int

const (
	// never: somebody has to mend something, and then says so.
	never retry = iota
	// rarely: the person has to sign in, unless the provider thinks better of it.
	rarely
	// elsewhere: another network may be a better place, as for rules that go by
	// the network, and for networks that put themselves in between.
	elsewhere
	// slowly: it is mended somewhere else, and nobody tells us.
	slowly
	// soon: it passes by itself.
	soon
)

// retryFor says what may mend a problem of a silent renewal. Whatever it says,
// the person can always ask for another try.
func retryFor(p *localapi.Problem) retry {
	switch p.Code {
	case localapi.ClockWrong, localapi.ConsentNeeded, localapi.ConsentRequested,
		localapi.KeyStoreFull, localapi.KeyStoreFailing, localapi.KeyStoreMissing, localapi.KeyStoreNotSetUp:
		return slowly // of the others, every try could open another dialog
	case localapi.BlockedByPolicy, localapi.DeviceNotManaged, localapi.TenantRestricted, localapi.Refused,
		localapi.Untrusted, localapi.NotAProvider:
		return elsewhere
	}
	switch phaseFor(p) {
	case localapi.Offline:
		return soon
	case localapi.NeedsSignIn:
		return rarely
	}
	return never
}

// phaseFor says where a problem leaves the session when nothing was signed in
// before.
func phaseFor(p *localapi.Problem) localapi.Phase {
	switch {
	case p.Code == localapi.Declined:
		return localapi.SignedOut
	case p.Exit() == localapi.ExitSignInNeeded:
		return localapi.NeedsSignIn
	case p.Exit() == localapi.ExitUnreachable, ofCertificate(p):
		return localapi.Offline
	case p.Exit() == localapi.ExitCancelled:
		return localapi.SignedOut
	}
	return localapi.Blocked
}

// ofCertificate says whether the answer never came from the provider: most likely
// a network stands in between that wants a sign-in of its own first.
func ofCertificate(p *localapi.Problem) bool {
	switch p.Code {
	case localapi.CertificateUnknown, localapi.CertificateExpired, localapi.CertificateName:
		return true
	}
	return p.Code == localapi.Untrusted && p.Params["check"] == "certificate"
}

// saysNothing is about attempts that came to nothing and tell nothing about what
// stands in the way of the next one.
func saysNothing(p *localapi.Problem) bool {
	switch p.Code {
	case localapi.Cancelled, localapi.TimedOut, localapi.Declined, localapi.SignInInterrupted, localapi.SignInChanged:
		return true
	}
	return phaseFor(p) == localapi.Offline
}

// set changes the phase. The caller holds mu and calls changed after unlocking.
func (s *Session) set(phase localapi.Phase, problem *localapi.Problem) {
	if phase != s.phase {
		s.since = s.now()
	}
	s.phase, s.problem, s.consent = phase, problem, nil
	s.due, s.notBefore = time.Time{}, time.Time{}
	switch {
	case phase == localapi.SignedIn:
		s.retries, s.unsure = 0, false
		s.due = s.now().Add(jitter(renewAfter)).Round(0)
	case problem != nil && s.canRenew() && (phase == localapi.Offline || phase == localapi.Blocked || phase == localapi.NeedsSignIn):
		s.schedule(problem)
	}
	s.poke()
}

// schedule says when the problem is worth another try. The caller holds mu.
func (s *Session) schedule(p *localapi.Problem) {
	if asked := askedFor(p); asked > 0 {
		s.notBefore = s.now().Add(asked).Round(0)
	}
	switch retryFor(p) {
	case soon:
		s.due = s.now().Add(s.backoff(p, firstRetry)).Round(0)
	case slowly:
		s.due = s.now().Add(s.backoff(p, slowRetry)).Round(0)
	case rarely:
		s.due = s.now().Add(jitter(rareRetry)).Round(0)
		return
	default:
		return
	}
	s.retries++
}

// fail says how an attempt ended that signed nobody in, and where the session
// stands after it. The caller holds mu.
func (s *Session) fail(p *localapi.Problem) {
	if s.rules.Off {
		return // that stands in the way, whatever else does
	}
	switch s.phase {
	case localapi.SignedIn, localapi.Offline:
		// Somebody is known, and their session has not suffered; but whoever
		// tried is told.
		s.problem = p
	case localapi.NeedsSignIn:
		if phaseFor(p) == localapi.Blocked {
			s.set(localapi.Blocked, p) // signing in once more would not help
			return
		}
		s.problem = p
	case localapi.Blocked:
		if s.problem != nil && saysNothing(p) && (s.account != nil || s.problem.Exit() == localapi.ExitKeyStore) {
			return // what stands in the way still does
		}
		s.failFresh(p)
	default:
		s.failFresh(p)
	}
}

func (s *Session) failFresh(p *localapi.Problem) {
	if s.startAgain() {
		return
	}
	phase := phaseFor(p)
	if phase == localapi.Offline || phase == localapi.NeedsSignIn && s.account == nil {
		// Offline is for people who are known; a stranger is still signed out.
		phase = localapi.SignedOut
	}
	s.set(phase, p)
}

// startAgain goes on with a silent start that gave way to an attempt, and says
// whether there is one. The caller holds mu.
func (s *Session) startAgain() bool {
	if s.phase != localapi.Starting || !s.canRenew() {
		return false
	}
	s.due = s.now().Round(0)
	s.poke()
	return true
}

// NetworkChanged tries at once what another network may mend, but not before the
// provider wants to be asked again, and catches up on a renewal that a sleeping
// computer has missed. Either is preceded by a request that nothing is lost with.
func (s *Session) NetworkChanged() {
	s.mu.Lock()
	defer s.mu.Unlock()
	late := !s.due.IsZero() && s.now().After(s.due)
	if late || s.mayMend() {
		s.unsure = true
		s.tryNow()
	}
}

// tryNow renews at once, but not before the provider wants to be asked again. The
// caller holds mu.
func (s *Session) tryNow() {
	s.retries = 0
	s.due = s.now().Round(0)
	if s.due.Before(s.notBefore) {
		s.due = s.notBefore
	}
	s.poke()
}

// canRenew says whether there is anything to renew. The caller holds mu.
func (s *Session) canRenew() bool {
	return s.account != nil && (s.kept || s.tokens != nil && s.tokens.RefreshToken != "")
}

// askedFor is how long the provider wants to be left alone.
func askedFor(p *localapi.Problem) time.Duration {
	asked, err := time.ParseDuration(p.Params["retry_after"] + "s")
	if err != nil {
		asked = 0
	}
	if p.Code == localapi.TooManyTries {
		asked = max(asked, pause)
	}
	return asked
}

// backoff doubles, with jitter so that a whole company does not come back in the
// same second, and obeys Retry-After.
func (s *Session) backoff(p *localapi.Problem, first time.Duration) time.Duration {
	last := lastRetry
	if retryFor(p) == soon && p.Code != localapi.TooManyTries && p.Code != localapi.ProviderBusy {
		last = offlineRetry
	}
	wait := last
	if s.retries < 10 {
		wait = min(first<<s.retries, last)
	}
	wait = jitter(wait)
	if asked := askedFor(p); asked > wait {
		wait = asked + rand.N(asked/10+time.Second)
	}
	return wait
}

// jitter is between three and five quarters of d.
func jitter(d time.Duration) time.Duration { return d*3/4 + rand.N(d/2+1) }
