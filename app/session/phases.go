package session

import (
	"time"

	"github.com/portico-desktop/portico/app/localapi"
)

// retry says when a problem is worth another try without the person.
type retry int

const (
	// never: somebody has to mend something, and then says so.
	never retry = iota
	// rarely: the person has to sign in, unless the provider thinks better of it.
	rarely
	// elsewhere: another network may be a better place. Some rules go by the network, and
	// some networks put themselves in between.
	elsewhere
	// slowly: it is mended somewhere else, and nobody tells us.
	slowly
	// soon: it passes by itself.
	soon
)

// retryFor says when another try may mend a problem of a silent renewal. Apart from it,
// the person can always ask for one.
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

// phaseFor is the session's phase after a problem, when nothing was signed in before.
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

// ofCertificate says whether the answer never came from the provider: most likely a
// network in between wants a sign-in of its own first.
func ofCertificate(p *localapi.Problem) bool {
	switch p.Code {
	case localapi.CertificateUnknown, localapi.CertificateExpired, localapi.CertificateName:
		return true
	}
	return p.Code == localapi.Untrusted && p.Params["check"] == "certificate"
}

// saysNothing is about failed attempts without news of the trouble in the way of the next
// one.
func saysNothing(p *localapi.Problem) bool {
	switch p.Code {
	case localapi.Cancelled, localapi.TimedOut, localapi.Declined, localapi.SignInInterrupted, localapi.SignInChanged:
		return true
	}
	return phaseFor(p) == localapi.Offline
}

// where is the standing of the session, apart from a sign-in under way: the phase, and
// its cause. Each change of it plans the next try. It has no lock of its own: the state's
// mu guards it, and the caller of its methods holds mu.
type where struct {
	now   func() time.Time
	rules *ruling
	who   *who
	when  *when

	phase   localapi.Phase
	since   time.Time
	problem *localapi.Problem
	// consent is the request to an administrator, as the remedy for the problem.
	consent *localapi.Consent
}

// set changes the phase. The caller holds mu and calls changed after unlocking.
func (w *where) set(phase localapi.Phase, problem *localapi.Problem) {
	if phase != w.phase {
		w.since = w.now()
	}
	w.phase, w.problem, w.consent = phase, problem, nil
	w.when.Clear()
	switch {
	case phase == localapi.SignedIn:
		w.when.answered()
	case problem != nil && w.who.canRenew() && (phase == localapi.Offline || phase == localapi.Blocked || phase == localapi.NeedsSignIn):
		w.when.failed(problem)
	}
	w.when.poke()
}

// fail notes the end of an attempt without success, and the standing after it. The caller
// holds mu.
func (w *where) fail(p *localapi.Problem) {
	if w.rules.Off {
		return // this stands in the way, whatever else does
	}
	switch w.phase {
	case localapi.SignedIn, localapi.Offline:
		// A known person's session has not suffered; but the person at the attempt is
		// told.
		w.problem = p
	case localapi.NeedsSignIn:
		if phaseFor(p) == localapi.Blocked {
			w.set(localapi.Blocked, p) // signing in once more would not help
			return
		}
		w.problem = p
	case localapi.Blocked:
		if w.problem != nil && saysNothing(p) && (w.who.account != nil || w.problem.Exit() == localapi.ExitKeyStore) {
			return // the former trouble still stands in the way
		}
		w.failFresh(p)
	default:
		w.failFresh(p)
	}
}

func (w *where) failFresh(p *localapi.Problem) {
	if w.startAgain() {
		return
	}
	phase := phaseFor(p)
	if phase == localapi.Offline || phase == localapi.NeedsSignIn && w.who.account == nil {
		// Offline is for people who are known; a stranger is still signed out.
		phase = localapi.SignedOut
	}
	w.set(phase, p)
}

// startAgain goes on with a silent start that gave way to an attempt, and says whether
// there is one. The caller holds mu.
func (w *where) startAgain() bool {
	if w.phase != localapi.Starting || !w.who.canRenew() {
		return false
	}
	w.when.At(w.now())
	w.when.poke()
	return true
}

// NetworkChanged tries again at once if another network may help, but not before the
// provider wants to be asked again. It also catches up on a renewal missed by a sleeping
// computer. In both cases a request without risk goes first.
func (s *Session) NetworkChanged() { s.state.networkChanged() }

func (s *state) networkChanged() {
	s.mu.Lock()
	defer s.mu.Unlock()
	due := s.when.Due()
	late := !due.IsZero() && s.now().After(due)
	if late || s.where.mayMend() {
		s.when.unsure = true
		s.when.atOnce()
	}
}
