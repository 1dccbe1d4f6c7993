package session

import "github.com/portico-desktop/portico/app/localapi"

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
func (s *state) set(phase localapi.Phase, problem *localapi.Problem) {
	if phase != s.phase {
		s.since = s.now()
	}
	s.phase, s.problem, s.consent = phase, problem, nil
	s.when.Clear()
	switch {
	case phase == localapi.SignedIn:
		s.when.answered()
	case problem != nil && s.who.canRenew() && (phase == localapi.Offline || phase == localapi.Blocked || phase == localapi.NeedsSignIn):
		s.when.failed(problem)
	}
	s.when.poke()
}

// fail says how an attempt ended that signed nobody in, and where the session
// stands after it. The caller holds mu.
func (s *state) fail(p *localapi.Problem) {
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
		if s.problem != nil && saysNothing(p) && (s.who.account != nil || s.problem.Exit() == localapi.ExitKeyStore) {
			return // what stands in the way still does
		}
		s.failFresh(p)
	default:
		s.failFresh(p)
	}
}

func (s *state) failFresh(p *localapi.Problem) {
	if s.startAgain() {
		return
	}
	phase := phaseFor(p)
	if phase == localapi.Offline || phase == localapi.NeedsSignIn && s.who.account == nil {
		// Offline is for people who are known; a stranger is still signed out.
		phase = localapi.SignedOut
	}
	s.set(phase, p)
}

// startAgain goes on with a silent start that gave way to an attempt, and says
// whether there is one. The caller holds mu.
func (s *state) startAgain() bool {
	if s.phase != localapi.Starting || !s.who.canRenew() {
		return false
	}
	s.when.At(s.now())
	s.when.poke()
	return true
}

// NetworkChanged tries at once what another network may mend, but not before the
// provider wants to be asked again, and catches up on a renewal that a sleeping
// computer has missed. Either is preceded by a request that nothing is lost with.
func (s *Session) NetworkChanged() { s.state.networkChanged() }

func (s *state) networkChanged() {
	s.mu.Lock()
	defer s.mu.Unlock()
	due := s.when.Due()
	late := !due.IsZero() && s.now().After(due)
	if late || s.mayMend() {
		s.when.unsure = true
		s.when.atOnce()
	}
}
