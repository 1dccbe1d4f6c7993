package session

import (
	"reflect"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
)

// Remember decides on keeping sign-ins.
type Remember string

const (
	// AsAsked: the request says so, for each sign-in.
	AsAsked Remember = ""
	// RememberAlways keeps every sign-in, whatever the request says.
	RememberAlways Remember = "always"
	// RememberNever keeps none, and reads no earlier ones; those stay in the key store.
	RememberNever Remember = "never"
)

// Rules are the decisions of the person and their IT about signing in, beside the
// providers' descriptions. The zero value leaves everything to the requests.
type Rules struct {
	// Off: nobody signs in, and nobody is signed in silently. Remembered people stay so.
	// By names the decider, "" if not known.
	Off bool
	By  string
	// Why is the problem shown while it is Off, nil for [localapi.SignInTurnedOff]. It is
	// never changed.
	Why *localapi.Problem
	// Remember decides about MemoryOnly of the requests.
	Remember Remember
	// DomainHint is a mail domain told to providers while nobody is expected yet; see
	// auth.BeginOptions.
	DomainHint string
	// Timeout bounds sign-ins whose request does not; 0 means the engine's default.
	Timeout time.Duration
}

// SetRules takes other rules into use. Forbidden things end at once; things allowed again
// go on with the next [Session.Resume]. A signed-in person stays so until the session
// ends, even if they would not be remembered any more.
func (s *Session) SetRules(r Rules) {
	before := s.state.setRules(r)
	if r.Off && !before.Off {
		s.signIns.endAll()
	}
	if !r.same(before) {
		s.changed()
	}
}

// setRules takes other rules into use, and returns those before.
func (s *state) setRules(r Rules) (before Rules) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, s.rules.Rules = s.rules.Rules, r
	switch {
	case r.Off:
		s.where.turnOff()
	case before.Off && s.where.problem != nil && s.where.problem.Code == before.problem().Code:
		s.where.set(localapi.Starting, nil)
		if s.who.canRenew() {
			s.when.atOnce()
		}
	}
	return before
}

// turnOff shows that nobody can sign in. The caller holds mu.
func (w *where) turnOff() {
	w.set(localapi.Blocked, w.rules.problem())
}

// turnedOff is why nobody can sign in, nil when people can.
func (s *state) turnedOff() *localapi.Problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.rules.Off {
		return nil
	}
	return s.rules.problem()
}

// same says whether both are the same.
func (r Rules) same(other Rules) bool {
	why := reflect.DeepEqual(r.Why, other.Why)
	r.Why, other.Why = nil, nil
	return why && r == other
}

func (r Rules) problem() *localapi.Problem {
	if r.Why != nil {
		return r.Why
	}
	p := &localapi.Problem{Code: localapi.SignInTurnedOff, Params: map[string]string{}}
	if r.By != "" {
		p.Params["by"] = r.By
	}
	return p
}

// ruling are the rules in use.
type ruling struct {
	Rules
	// memoryOnly is Params.MemoryOnly. It never changes, and needs no lock.
	memoryOnly bool
}

// keepsNothing says whether the key store's accounts are none of the session's business.
func (r *ruling) keepsNothing() bool { return r.memoryOnly || r.Remember == RememberNever }

// inMemory says whether a sign-in is to be held in memory alone.
func (r *ruling) inMemory(asked bool) bool {
	switch {
	case r.keepsNothing():
		return true
	case r.Remember == RememberAlways:
		return false
	}
	return asked
}
