package session

import "slices"

// attempts are the sign-ins in preparation, and the one under way. It has no lock of its
// own: the state's mu guards it.
type attempts struct {
	active *attempt
	// preparing are the attempts before they are under way, also while they wait for
	// their turn.
	preparing []*attempt
}

// busy says whether the person is signing in: renewals keep out of that. Waiting for an
// administrator may take hours, and does not count.
func (s *attempts) busy() bool { return s.active != nil && s.active.consent == nil }

// all are the attempts to end, if any.
func (s *attempts) all() []*attempt {
	all := slices.Clone(s.preparing)
	if s.active != nil {
		all = append(all, s.active)
	}
	return all
}

// prepared: the attempt is not in preparation any more. It says whether it was.
func (s *attempts) prepared(a *attempt) bool {
	at := slices.Index(s.preparing, a)
	if at >= 0 {
		s.preparing = slices.Delete(s.preparing, at, at+1)
	}
	return at >= 0
}

// goOn makes a prepared attempt the sign-in under way.
func (s *attempts) goOn(a *attempt) {
	s.prepared(a)
	s.active = a
}

// over: the attempt is not under way any more, if it was.
func (s *attempts) over(a *attempt) {
	if s.active == a {
		s.active = nil
	}
}
