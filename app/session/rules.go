package session

import (
	"reflect"
	"time"

	"github.com/portico-desktop/portico/app/localapi"
)

// Remember says who decides whether a sign-in is kept.
type Remember string

const (
	// AsAsked: the request says so, for each sign-in.
	AsAsked Remember = ""
	// RememberAlways keeps every sign-in, whatever the request says.
	RememberAlways Remember = "always"
	// RememberNever keeps none, and looks at none from before; those stay where they
	// are.
	RememberNever Remember = "never"
)

// Rules are what the person and their IT have decided about signing in, beside what
// the providers' descriptions say. The zero value leaves everything to the requests.
type Rules struct {
	// Off: nobody signs in, and nobody is signed in silently. Who is remembered stays
	// so. By names who has decided that, "" where it is not known.
	Off bool
	By  string
	// Why is the problem that people see while it is Off, nil for
	// [localapi.SignInTurnedOff]. It is never changed.
	Why *localapi.Problem
	// Remember decides about MemoryOnly of the requests.
	Remember Remember
	// DomainHint is a mail domain that providers are told where nobody is expected
	// yet; see auth.BeginOptions.
	DomainHint string
	// Timeout bounds sign-ins whose request does not; 0 means the engine's default.
	Timeout time.Duration
}

// SetRules takes other rules into use. What they forbid ends at once; what they allow
// again goes on with the next [Session.Resume]. Who is signed in already and would not
// be remembered any more is so until the session ends.
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

// turnedOff is why nobody can sign in, nil where people can.
func (s *state) turnedOff() *localapi.Problem {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.rules.Off {
		return nil
	}
	return s.rules.problem()
}

// same says whether both say the same.
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

// keepsNothing says whether the key store's accounts are none of the session's
// business.
func (r *ruling) keepsNothing() bool { return r.memoryOnly || r.Remember == RememberNever }

// inMemory says whether a sign-in is to be kept out of the key store.
func (r *ruling) inMemory(asked bool) bool {
	switch {
	case r.keepsNothing():
		return true
	case r.Remember == RememberAlways:
		return false
	}
	return asked
}
